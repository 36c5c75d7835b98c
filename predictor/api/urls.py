from django.urls import path

from predictor.api import views

app_name = "api"
urlpatterns = [
    path("submissions/", views.Submissions.as_view(), name="submission-list"),
    path("submissions/<uuid:pk>/", views.OneSubmission.as_view(), name="submission-detail"),
    path("submissions/<uuid:pk>/drawing.png", views.Drawing.as_view(), name="submission-drawing"),
    path("submissions/<uuid:pk>/pixels.png", views.Pixels.as_view(), name="submission-pixels"),
    path("predict/", views.Predict.as_view(), name="predict"),
    path("export/", views.Export.as_view(), name="export"),
    path("models/", views.Models.as_view(), name="models"),
]
