"""The page in Django admin that tells the staff how the site does."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from predictor import dashboard
from predictor.models import CLAIMS, ModelVersion


def numbers(network: str | None) -> dict[str, Any]:
    today = timezone.now().date()
    days, accuracies = dashboard.days(today), dashboard.accuracies()
    return {
        "in_all": dashboard.in_all(),
        "days": days,
        "most": max(day.drawings for day in days) or 1,
        "accuracies": accuracies,
        # So that 99.1 and 99.6 % don't fall into one.
        "start": min((row.right.bounds[0] for row in accuracies if row.right.total), default=0),
        "confusion": dashboard.confusion(network),
        "bands": dashboard.reliability(network),
        "rejections": dashboard.rejections(network),
        "paces": dashboard.paces(today),
    }


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    if not (
        request.user.has_perm("predictor.view_submission")
        or request.user.has_perm("predictor.change_submission")
    ):
        raise PermissionDenied
    networks = ModelVersion.objects.values_list("version", flat=True)
    chosen = request.GET.get("network")
    network = chosen if chosen in networks else None
    context = {"title": "Dashboard", "labels": CLAIMS, "networks": networks, "network": network}
    context |= numbers(network) | admin.site.each_context(request)
    return render(request, "admin/predictor/dashboard.html", context)


def urls() -> list[URLPattern]:
    view = admin.site.admin_view(show)
    return [path("dashboard/", view, name="predictor_submission_dashboard")]
