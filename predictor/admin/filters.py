"""The filters beside the lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from digitsite.formats import percent
from predictor.models import LOW_CONFIDENCE, TrainingSample


class ReviewFilter(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", _("without a label")),
            ("done", _("labelled")),
            ("wrong", _("read wrongly")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "waiting":
                return queryset.unreviewed()
            case "done":
                return queryset.reviewed()
            case "wrong":
                return queryset.changed()
        return queryset


class VisitorLabelFilter(admin.SimpleListFilter):
    title = _("visitor's label")
    parameter_name = "agreement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("disagrees", _("disagrees with the prediction")), ("agrees", _("agrees with it"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "disagrees":
                return queryset.disagreeing()
            case "agrees":
                return queryset.agreeing()
        return queryset


class AskedFilter(admin.SimpleListFilter):
    title = _("asked for")
    parameter_name = "asked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("a certain digit"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.asked_for() if self.value() == "yes" else queryset


class ConfidenceFilter(admin.SimpleListFilter):
    title = _("confidence")
    parameter_name = "confidence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", _("low (below %(percent)s)") % {"percent": percent(LOW_CONFIDENCE, 0)})]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.low_confidence() if self.value() == "low" else queryset


class SuspectedFilter(admin.SimpleListFilter):
    title = _("suspected label error")
    parameter_name = "suspected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("suspected in training"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_suspected_label() if self.value() == "yes" else queryset


class TrainedOnFilter(admin.SimpleListFilter):
    title = _("trained on")
    parameter_name = "trained_on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("by a network"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        samples = TrainingSample.objects.filter(submission_id=OuterRef("pk"))
        used = samples.exclude(role=TrainingSample.Role.SUSPECTED)
        return queryset.filter(Exists(used)) if self.value() == "yes" else queryset
