from django.urls import path

from predictor import views

app_name = "predictor"
urlpatterns = [
    path("", views.draw, name="draw"),
    path("upload/", views.upload, name="upload"),
    path("history/", views.history, name="history"),
    path("history/delete/", views.delete_all, name="delete_all"),
    path("history/<uuid:pk>/", views.detail, name="detail"),
    path("history/<uuid:pk>/claim/", views.claim, name="claim"),
    path("history/<uuid:pk>/delete/", views.delete, name="delete"),
]
