"""The register of networks in Django admin: seen by operators, put to work by them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from predictor import classifier, comparisons, gate, register, services
from predictor.admin import CappedPaginator, by_id
from predictor.models import Submission, Tombstone
from predictor.networks import (
    CALIBRATION,
    MNIST,
    PENS,
    REJECTION,
    UNSEEN_TABLET,
    Activation,
    Comparison,
    Lesson,
    ModelVersion,
    learners,
)


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Activations(admin.TabularInline):
    model = Activation
    fields = readonly_fields = ("at", "actor", "forced_because")
    verbose_name_plural = "put to work"
    extra = max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activation]:
        return super().get_queryset(request).select_related("actor")


class NetworkList(ChangeList):
    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[ModelVersion]:
        return super().get_queryset(*args, **kwargs).listed()


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    inlines = (Activations,)
    list_display = (
        "version",
        "is_active",
        "added_at",
        "went_on_from",
        "mnist",
        "pens",
        "unseen_tablet",
        "calibration_error",
        "others_rejected",
        "corrections",
    )
    show_facets = admin.ShowFacets.NEVER
    readonly_fields = (
        "version",
        "is_active",
        "work",
        "compared",
        "went_on_from",
        "added_at",
        "added_by",
        "learnt_from",
        "exports",
        "described",
    )
    fields = readonly_fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NetworkList

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
        if request.method == "GET" and (problem := classifier.problem()):
            self.message_user(request, problem, messages.WARNING)
        return super().changelist_view(request, extra_context)

    # Putting one to work

    def may_activate(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictor.change_modelversion")

    def activate_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not self.may_activate(request):
            raise PermissionDenied
        network = get_object_or_404(ModelVersion, pk=pk)
        reasons = self.reasons_against(network)
        if request.method == "POST":
            forced = request.POST.get("reason", "").strip()
            if not reasons or forced:
                return self.activate(request, network, forced if reasons else "")
        context = self.admin_site.each_context(request) | {
            "title": f"Put {network} to work?",
            "network": network,
            "active": ModelVersion.objects.active().first(),
            "comparison": self.last_comparison(network),
            "reasons": reasons,
            "notes": self.notes_on(network),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/predictor/modelversion/activate.html", context)

    def activate(self, request: HttpRequest, network: ModelVersion, forced: str) -> HttpResponse:
        try:
            register.check_fit(network)
        except register.Unfit as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            services.activate(network, request.user, forced)
            text = f"{network} is at work. Every process takes it up within ten seconds."
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:predictor_modelversion_changelist"))

    def reasons_against(self, network: ModelVersion) -> list[str]:
        """By the last comparison with the active one: to compare takes longer than a page may."""
        if network.has_served() or not ModelVersion.objects.active().exists():
            return []
        comparison = self.last_comparison(network)
        if comparison:
            return gate.refusals(comparison)
        return [
            "It was not compared with the network that works now. Run"
            f" “manage.py compare_models {network}” first."
        ]

    def notes_on(self, network: ModelVersion) -> list[str]:
        comparison = self.last_comparison(network)
        return gate.unproven(comparison) if comparison else []

    def last_comparison(self, network: ModelVersion) -> Comparison | None:
        compared = network.comparisons.select_related("new", "old")
        return compared.filter(old__is_active=True).first()

    def comparison_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Comparison.objects.select_related("new", "old")
        comparison = get_object_or_404(found, pk=pk)
        context = self.admin_site.each_context(request) | {
            "title": str(comparison),
            "comparison": comparison,
            "parts": comparisons.with_pictures(comparison),
            "reasons": gate.refusals(comparison),
            "notes": gate.unproven(comparison),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/predictor/modelversion/comparison.html", context)

    # What is shown

    @admin.display(description="went on from")
    def went_on_from(self, obj: ModelVersion) -> str:
        return obj.parent_id or "nothing"

    @admin.display(description="MNIST")
    def mnist(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*MNIST))

    @admin.display(description="pen drawings")
    def pens(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*PENS))

    @admin.display(description="unseen tablet")
    def unseen_tablet(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*UNSEEN_TABLET))

    @admin.display(description="calibration error")
    def calibration_error(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*CALIBRATION))

    @admin.display(description="others turned away")
    def others_rejected(self, obj: ModelVersion) -> str:
        return percent(obj.metric(*REJECTION))

    @admin.display(description="corrections learnt")
    def corrections(self, obj: ModelVersion) -> str:
        return f"{obj.learnt:,}"

    @admin.display(description="at work")
    def work(self, obj: ModelVersion) -> str | SafeString:
        if obj.is_active:
            return "It is the one that works."
        url = reverse("admin:predictor_modelversion_activate", args=[obj.pk])
        return format_html('<a href="{}">Put it to work …</a>', url)

    @admin.display(description="comparisons")
    def compared(self, obj: ModelVersion) -> str | SafeString:
        rows = obj.comparisons.defer("report")[:20]
        links = [(row.get_absolute_url(), row.old_id, f"{row.at:%d %b %Y %H:%M}") for row in rows]
        return format_html_join("", '<p><a href="{}">with {}, {}</a></p>', links) or "none"

    @admin.display(description="learnt from")
    def learnt_from(self, obj: ModelVersion) -> SafeString:
        url = reverse("admin:predictor_lesson_changelist")
        return format_html_join(
            "",
            '<p><a href="{}?network__version__exact={}&amp;role__exact={}">{}: {}</a></p>',
            (
                (url, obj.pk, role.value, role.label, f"{obj.lessons.filter(role=role).count():,}")
                for role in Lesson.Role
            ),
        )

    @admin.display(description="exports that it learnt from")
    def exports(self, obj: ModelVersion) -> SafeString:
        # Without the lists of ids, which may be long.
        ids = {"erased", "confirmed"}
        manifests = filter(None, map(register.as_dict, obj.manifests or []))
        shown = [{k: v for k, v in each.items() if k not in ids} for each in manifests]
        return format_html("<pre>{}</pre>", json.dumps(shown, indent=1))

    @admin.display(description="metadata")
    def described(self, obj: ModelVersion) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(obj.metadata, indent=1))


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


@admin.register(Lesson)
class LessonAdmin(ReadOnly):
    """From a network to the drawings that it learnt from, and back."""

    list_display = ("drawing", "role", "network_id", "now")
    list_display_links = None
    list_filter = ("network", "role")
    search_fields = ("drawing",)
    search_help_text = "The whole id of a drawing."
    ordering = ("network", "role", "drawing")
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lesson]:
        there = Submission.objects.filter(pk=OuterRef("drawing"))
        return super().get_queryset(request).annotate(is_there=Exists(there))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lesson], search_term: str
    ) -> tuple[QuerySet[Lesson], bool]:
        return by_id(queryset, "drawing", search_term), False

    @admin.display(description="now")
    def now(self, obj: Lesson) -> str | SafeString:
        if not obj.is_there:
            return "erased"
        url = reverse("admin:predictor_submission_change", args=[obj.drawing])
        return format_html('<a href="{}">look at it</a>', url)


class LearntFilter(admin.SimpleListFilter):
    title = parameter_name = "learnt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "by a network")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tombstone]) -> Any:
        lessons = Lesson.objects.filter(drawing=OuterRef("pk")).exclude(role=Lesson.Role.DOUBTED)
        return queryset.filter(Exists(lessons)) if self.value() == "yes" else queryset


class TombstoneList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        networks = learners(row.pk for row in self.result_list)
        for row in self.result_list:
            row.learners = sorted(networks[row.pk])


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnly):
    list_display = ("id", "erased_at", "learnt_by")
    list_display_links = None
    list_filter = (LearntFilter,)
    ordering = ("-erased_at",)
    search_fields = ("id",)
    search_help_text = "The whole id of a drawing."
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

    @admin.display(description="networks that had learnt from it")
    def learnt_by(self, obj: Tombstone) -> str:
        return ", ".join(obj.learners) or "none"
