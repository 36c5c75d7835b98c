from django.urls import path

from predictor import api

app_name = "api"
urlpatterns = [
    path("submissions/", api.Submissions.as_view(), name="submission-list"),
    path("submissions/<uuid:pk>/", api.OneSubmission.as_view(), name="submission-detail"),
    path("submissions/<uuid:pk>/drawing.png", api.Drawing.as_view(), name="submission-drawing"),
    path("submissions/<uuid:pk>/pixels.png", api.Pixels.as_view(), name="submission-pixels"),
    path("predict/", api.Predict.as_view(), name="predict"),
    path("models/", api.Models.as_view(), name="models"),
]
