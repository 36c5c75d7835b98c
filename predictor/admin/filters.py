"""The filters beside the lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from predictor.models import LOW_CONFIDENCE, TrainingSample


class ReviewFilter(admin.SimpleListFilter):
    title = parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "without a label"), ("done", "labelled"), ("wrong", "read wrongly")]

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
    title = "visitor's label"
    parameter_name = "agreement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("disagrees", "disagrees with the prediction"), ("agrees", "agrees with it")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "disagrees":
                return queryset.disagreeing()
            case "agrees":
                return queryset.agreeing()
        return queryset


class ConfidenceFilter(admin.SimpleListFilter):
    title = parameter_name = "confidence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", f"low (below {LOW_CONFIDENCE:.0%})")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.low_confidence() if self.value() == "low" else queryset


class SuspectedFilter(admin.SimpleListFilter):
    title = "suspected label error"
    parameter_name = "suspected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "suspected in training")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_suspected_label() if self.value() == "yes" else queryset


class TrainedOnFilter(admin.SimpleListFilter):
    title = "trained on"
    parameter_name = "trained_on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "by a network")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        samples = TrainingSample.objects.filter(submission_id=OuterRef("pk"))
        used = samples.exclude(role=TrainingSample.Role.SUSPECTED)
        return queryset.filter(Exists(used)) if self.value() == "yes" else queryset
