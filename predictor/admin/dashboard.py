"""The page in Django admin that tells the staff how the site does."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from predictor import drift, statistics
from predictor.models import VISITOR_LABELS, ModelVersion


def context(version: str | None) -> dict[str, Any]:
    now = timezone.now()
    today, changes = now.date(), drift.changes(now)
    active = ModelVersion.objects.active().only("added_at").first()
    days, accuracies = statistics.days(today), statistics.accuracies()
    known = [row.accuracy.bounds[0] for row in accuracies if row.accuracy.total]
    return {
        "totals": statistics.totals(),
        "days": days,
        "busiest": max(day.drawings for day in days) or 1,
        "accuracies": accuracies,
        # So that 99.1% and 99.6% can be told apart.
        "start": min(known, default=0),
        "confusion": statistics.confusion_matrix(version),
        "calibration": statistics.calibration(version),
        "false_rates": statistics.false_rates(version),
        "throughput": statistics.throughput(today),
        "changes": changes,
        "advice": drift.advice(
            changes, drift.labels_since(active.added_at.date() if active else today)
        ),
    }


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    may_view = ("predictor.view_submission", "predictor.change_submission")
    if not any(map(request.user.has_perm, may_view)):
        raise PermissionDenied
    versions = ModelVersion.objects.values_list("version", flat=True)
    version = request.GET.get("network")
    version = version if version in versions else None
    page = {"title": _("Dashboard"), "labels": VISITOR_LABELS, "networks": versions}
    page |= {"network": version} | context(version) | admin.site.each_context(request)
    return render(request, "admin/predictor/dashboard.html", page)


def urls() -> list[URLPattern]:
    view = admin.site.admin_view(dashboard)
    return [path("dashboard/", view, name="predictor_submission_dashboard")]
