from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.i18n import set_language

from digitsite.messages import catalog
from predictor.api.docs import Docs, Schema
from predictor.api.metrics import metrics
from predictor.api.views import healthz

admin.autodiscover()

handler400 = "digitsite.errors.bad_request"
handler403 = "digitsite.errors.permission_denied"
handler404 = "digitsite.errors.page_not_found"
handler500 = "digitsite.errors.server_error"


def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """For the pages that name no icon of their own: admin, pictures, JSON."""
    return redirect(static("img/icon.svg"))


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("predictor.api.urls")),
    path("api/schema/", Schema.as_view(), name="schema"),
    path("api/docs/", Docs.as_view(), name="docs"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("favicon.ico", favicon),
    path("language/", set_language, name="set_language"),
    path("language/<slug:language>/<slug:version>.js", catalog, name="messages"),
    path("", include("predictor.web.urls")),
]
