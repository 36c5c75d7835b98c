from django.urls import path, re_path

from predictor.web import offline, views

app_name = "predictor"
urlpatterns = [
    path("", views.draw, name="draw"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("service-worker.js", offline.service_worker, name="service_worker"),
    path("ten/", views.ten, name="ten"),
    path("networks/active/", views.active_network, name="active_network"),
    re_path(
        r"^networks/(?P<version>[A-Za-z0-9][A-Za-z0-9._-]*)/weights\.bin$",
        views.weights,
        name="weights",
    ),
    path("upload/", views.upload, name="upload"),
    path("history/", views.history, name="history"),
    path("history/download/", views.download, name="download"),
    path("history/delete/", views.delete_all, name="delete_all"),
    path("history/delete/selected/", views.delete_selected, name="delete_selected"),
    path("history/<uuid:pk>/", views.detail, name="detail"),
    path("history/<uuid:pk>/explanation/", views.explain, name="explain"),
    path("history/<uuid:pk>/claim/", views.visitor_label, name="visitor_label"),
    path("history/<uuid:pk>/delete/", views.delete, name="delete"),
]
