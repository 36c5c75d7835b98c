"""Model versions in Django admin, and which drawings they were trained on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from digitsite import formats
from digitsite.formats import integer
from predictor.admin import figures
from predictor.admin.base import CappedPaginator, ReadOnly, by_id
from predictor.admin.filters import TrainedOnFilter
from predictor.admin.side_by_side import side_by_side
from predictor.models import (
    Activation,
    Comparison,
    ModelVersion,
    RetrainingLease,
    Submission,
    Tombstone,
    TrainingSample,
)
from predictor.models.registry import (
    CALIBRATION,
    MNIST,
    PENS,
    REJECTION,
    UNSEEN_TABLET,
    versions_trained_on,
)
from predictor.registry import promotion, reports, serving, validation
from predictor.review.permissions import reviewer_of


class Activations(admin.TabularInline):
    model = Activation
    fields = readonly_fields = ("at", "actor", "forced_because")
    extra = max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activation]:
        return super().get_queryset(request).select_related("actor")


class ModelVersionList(ChangeList):
    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[ModelVersion]:
        return super().get_queryset(*args, **kwargs).defer("manifests")


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    inlines = (Activations,)
    list_display = (
        "version",
        "is_active",
        "added_at",
        "base_version",
        "mnist",
        "pens",
        "unseen_tablet",
        "calibration_error",
        "negatives_rejected",
        "corrections",
    )
    show_facets = admin.ShowFacets.NEVER
    readonly_fields = (
        "version",
        "is_active",
        "activation",
        "compared",
        "base_version",
        "added_at",
        "added_by",
        "trained_on",
        "exports",
        "described",
    )
    fields = readonly_fields

    class Media:
        css = {"all": ("css/admin.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ModelVersionList

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "predictor_modelversion"
        return [
            path("<str:pk>/activate/", view(self.activate_view), name=f"{name}_activate"),
            path("comparison/<int:pk>/", view(self.comparison_view), name=f"{name}_comparison"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and (problem := serving.problem()):
            self.message_user(request, problem, messages.WARNING)
        lease = RetrainingLease.objects.first()
        retraining = {"retraining": lease.progress() if lease else ""}
        return super().changelist_view(request, (extra_context or {}) | retraining)

    # Activating one

    def may_activate(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_modelversion")

    def activate_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not self.may_activate(request):
            raise PermissionDenied
        version = get_object_or_404(ModelVersion, pk=pk)
        reasons = self.blocking_reasons(version)
        if request.method == "POST":
            forced = request.POST.get("reason", "").strip()
            if not reasons or forced:
                return self.activate(request, version, forced if reasons else "")
        context = self.admin_site.each_context(request) | {
            "title": gettext("Activate %(version)s?") % {"version": version},
            "version": version,
            "active": ModelVersion.objects.active().first(),
            "comparison": self.last_comparison(version),
            "reasons": reasons,
            "notes": self.notes(version),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/predictor/modelversion/activate.html", context)

    def activate(self, request: HttpRequest, version: ModelVersion, forced: str) -> HttpResponse:
        try:
            validation.validate_loadable(version)
        except validation.InvalidModel as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            promotion.activate(version, reviewer_of(request), forced)
            text = gettext(
                "%(version)s is active. Every process switches to it within ten seconds."
            )
            self.message_user(request, text % {"version": version}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:predictor_modelversion_changelist"))

    def blocking_reasons(self, version: ModelVersion) -> list[str]:
        """By the last comparison with the active one: to compare takes longer than a page may."""
        if version.has_served() or not ModelVersion.objects.active().exists():
            return []
        comparison = self.last_comparison(version)
        if comparison:
            return promotion.blocking_reasons(comparison)
        text = gettext(
            "It was not compared with the active network. Run “manage.py compare_models"
            " %(version)s” first."
        )
        return [text % {"version": version}]

    def notes(self, version: ModelVersion) -> list[str]:
        comparison = self.last_comparison(version)
        return promotion.missing_evidence(comparison) if comparison else []

    def last_comparison(self, version: ModelVersion) -> Comparison | None:
        return version.comparisons.with_versions().filter(old__is_active=True).first()

    def comparison_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        comparison = get_object_or_404(Comparison.objects.with_versions(), pk=pk)
        parts = reports.with_pictures(comparison)
        for part in parts:
            part["plot"] = side_by_side(comparison, part["name"]) if part["drawings"] else None
        context = self.admin_site.each_context(request) | {
            "title": str(comparison),
            "comparison": comparison,
            "parts": parts,
            "reasons": promotion.blocking_reasons(comparison),
            "notes": promotion.missing_evidence(comparison),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/predictor/modelversion/comparison.html", context)

    # What is shown

    @admin.display(description=_("fine-tuned from"))
    def base_version(self, obj: ModelVersion) -> str:
        return obj.parent_id or gettext("none")

    @admin.display(description="MNIST")
    def mnist(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*MNIST))

    @admin.display(description=_("pen drawings"))
    def pens(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*PENS))

    @admin.display(description=_("unseen tablet"))
    def unseen_tablet(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*UNSEEN_TABLET))

    @admin.display(description=_("calibration error"))
    def calibration_error(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*CALIBRATION))

    @admin.display(description=_("negatives rejected"))
    def negatives_rejected(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*REJECTION))

    @admin.display(description=_("corrections trained on"))
    def corrections(self, obj: ModelVersion) -> str:
        return integer(obj.corrections_count)

    @admin.display(description=_("activate"))
    def activation(self, obj: ModelVersion) -> str | SafeString:
        if obj.is_active:
            return gettext("It is active.")
        url = reverse("admin:predictor_modelversion_activate", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', url, _("Activate it …"))

    @admin.display(description=_("comparisons"))
    def compared(self, obj: ModelVersion) -> str | SafeString:
        rows = obj.comparisons.defer("report")[:20]
        links = [(row.get_absolute_url(), beside(row)) for row in rows]
        return format_html_join("", '<p><a href="{}">{}</a></p>', links) or gettext("none")

    @admin.display(description=_("trained on"))
    def trained_on(self, obj: ModelVersion) -> SafeString:
        url = reverse("admin:predictor_trainingsample_changelist")
        roles = obj.training_samples.order_by().values_list("role")
        counts = dict(roles.annotate(count=Count("pk")))
        return format_html_join(
            "",
            '<p><a href="{}?model_version__version__exact={}&amp;role__exact={}">{}: {}</a></p>',
            (
                (url, obj.pk, role.value, role.label, integer(counts.get(role, 0)))
                for role in TrainingSample.Role
            ),
        )

    @admin.display(description=_("exports that it was trained on"))
    def exports(self, obj: ModelVersion) -> SafeString:
        # Without the lists of ids, which may be long.
        ids = {"erased", "confirmed"}
        manifests = filter(None, map(validation.as_dict, obj.manifests or []))
        shown = [{k: v for k, v in each.items() if k not in ids} for each in manifests]
        context = {"caption": gettext("Exports"), "rows": figures.facts(shown)}
        return render_to_string("admin/predictor/modelversion/facts.html", context)

    @admin.display(description=_("metadata"))
    def described(self, obj: ModelVersion) -> SafeString:
        context = {
            "measured": figures.measured(obj.metadata),
            "confusion": figures.confusion(obj.metadata),
            "curves": figures.curves(obj.metadata),
            "training": figures.training(obj.metadata),
        }
        return render_to_string("admin/predictor/modelversion/figures.html", context)


def percent(proportion: float | None) -> str:
    return "" if proportion is None else formats.percent(proportion, 2)


def beside(comparison: Comparison) -> str:
    at = date_format(comparison.at, "DATETIME_FORMAT")
    return gettext("with %(version)s, %(at)s") % {"version": comparison.old_id, "at": at}


@admin.register(TrainingSample)
class TrainingSampleAdmin(ReadOnly):
    """From a model version to the drawings that it was trained on, and back."""

    list_display = ("submission_id", "role", "network", "now")
    list_display_links = None
    list_filter = ("model_version", "role")
    search_fields = ("submission_id",)
    search_help_text = _("The whole id of a drawing.")
    ordering = ("model_version", "role", "submission_id")
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingSample]:
        there = Submission.objects.filter(pk=OuterRef("submission_id"))
        found: QuerySet[TrainingSample] = super().get_queryset(request)
        return found.annotate(is_there=Exists(there))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TrainingSample], search_term: str
    ) -> tuple[QuerySet[TrainingSample], bool]:
        return by_id(queryset, "submission_id", search_term), False

    @admin.display(description=_("network"))
    def network(self, obj: TrainingSample) -> str:
        return obj.model_version_id

    @admin.display(description=_("now"))
    def now(self, obj: Any) -> str | SafeString:
        if not obj.is_there:
            return gettext("erased")
        url = reverse("admin:predictor_submission_change", args=[obj.submission_id])
        return format_html('<a href="{}">{}</a>', url, _("look at it"))


class TombstoneList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        trained = versions_trained_on(row.pk for row in self.result_list)
        for row in self.result_list:
            row.versions_trained_on = sorted(trained[row.pk])


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnly):
    list_display = ("id", "erased_at", "trained_versions")
    list_display_links = None
    list_filter = (TrainedOnFilter,)
    ordering = ("-erased_at",)
    search_fields = ("id",)
    search_help_text = _("The whole id of a drawing.")
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TombstoneList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Tombstone], search_term: str
    ) -> tuple[QuerySet[Tombstone], bool]:
        return by_id(queryset, "pk", search_term), False

    @admin.display(description=_("networks trained on it"))
    def trained_versions(self, obj: Any) -> str:
        return ", ".join(obj.versions_trained_on) or gettext("none")
