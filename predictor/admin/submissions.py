"""Submissions in Django admin: their list, their pages, and the actions on many of them."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from digitsite.formats import integer, percent
from predictor import erasure, labelling
from predictor.admin import dashboard
from predictor.admin.base import MAX_ROWS, CappedPaginator, by_id
from predictor.admin.filters import (
    AskedFilter,
    ConfidenceFilter,
    ReviewFilter,
    SuspectedFilter,
    VisitorLabelFilter,
)
from predictor.admin.labels import LabelForm, column_of, name_of
from predictor.images import as_data_url, as_png, as_square
from predictor.models import LabelEvent, ModelVersion, Submission, SubmissionQuerySet
from predictor.review import views as review_views
from predictor.review.permissions import reviewer_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

TWICE = timedelta(minutes=1)  # within it, the same form was sent twice


def just_confirmed(reviewer: User) -> QuerySet[LabelEvent]:
    """By the same form, most likely, that was sent twice."""
    confirmed = LabelEvent.objects.filter(
        submission=OuterRef("pk"), source=LabelEvent.Source.CONFIRM_LABEL
    )
    return confirmed.filter(actor=reviewer, at__gt=timezone.now() - TWICE, new=OuterRef("label"))


class LabelEvents(admin.TabularInline):
    model = LabelEvent
    fields = readonly_fields = ("at", "actor", "old", "new", "source")
    verbose_name_plural = _("history of the label")
    extra = max_num = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("actor")


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin):
    form = LabelForm
    inlines = (LabelEvents,)
    actions = ("delete_selected", "confirm_prediction", "accept_visitor_label", "confirm_label")
    list_display = (
        "thumbnail",
        column_of("predicted"),
        "confidence_percent",
        column_of("asked"),
        column_of("visitor_label"),
        "label",
        "created_at",
        "network",
    )
    list_display_links = ("thumbnail", "created_at")
    list_editable = ("label",)
    list_filter = (
        ReviewFilter,
        VisitorLabelFilter,
        AskedFilter,
        ConfidenceFilter,
        SuspectedFilter,
        "label",
        "predicted",
        "model",
        "created_at",
    )
    list_per_page = 25  # most of the time that a page takes is its rows
    paginator = CappedPaginator
    search_fields = ("id",)
    search_help_text = _("The whole id of a drawing.")
    show_facets = admin.ShowFacets.NEVER  # they count everything
    show_full_result_count = False
    sortable_by = ("created_at",)
    readonly_fields = (
        "large_drawing",
        "large_pixels",
        "predicted",
        "probability_bars",
        "is_digit",
        "digit_score",
        "asked",
        "visitor_label",
        "reviewed_by",
        "reviewed_at",
        "created_at",
        "network",
        "preprocessing",
        "trained_versions",
        "id",
    )
    fields = ("label", *readonly_fields)
    save_on_top = True  # where the label is
    view_on_site = False  # there it is its visitor's alone

    class Media:
        css = {"all": ("css/admin.css",)}

    # Who may do what

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        return request.user.is_superuser

    # Lists and pages

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        heavy = ("drawing", "strokes", "sampling_key", "audited_at")
        return super().get_queryset(request).defer(*heavy)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return by_id(queryset, "pk", search_term), False

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[LabelForm]:
        form = cast(type[LabelForm], super().get_form(request, *args, **kwargs))
        form.reviewer = reviewer_of(request)
        return form

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[LabelForm]:
        return type("LabelForm", (LabelForm,), {"reviewer": reviewer_of(request)})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.drawing_view)
        return [
            *dashboard.urls(),
            *review_views.urls(),
            path("<uuid:pk>/drawing.png", view, name="predictor_submission_drawing"),
            *super().get_urls(),
        ]

    def drawing_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        submission = get_object_or_404(Submission.objects.only("drawing"), pk=pk)
        return HttpResponse(bytes(submission.drawing), content_type="image/png")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Labels of a page are saved in one transaction, so that what the form found unchanged stays
        # so. Actions label up to MAX_ROWS drawings, and keep nobody waiting for so long.
        saves = request.method == "POST" and "_save" in request.POST
        with transaction.atomic() if saves else nullcontext():
            return super().changelist_view(request, extra_context)

    # What changes something

    def save_model(
        self, request: HttpRequest, obj: Submission, form: LabelForm, change: bool
    ) -> None:
        match = request.resolver_match
        in_list = match is not None and str(match.url_name).endswith("changelist")
        labelling.relabel(
            Submission.objects.filter(pk=obj.pk),
            obj.label,
            actor=reviewer_of(request),
            source=LabelEvent.Source.LIST if in_list else LabelEvent.Source.PAGE,
        )

    def delete_model(self, request: HttpRequest, obj: Submission) -> None:
        erasure.erase(obj)

    @admin.action(description=_("Delete selected drawings"), permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: SubmissionQuerySet
    ) -> HttpResponse | None:
        """Instead of Django's, which loads all of them, and names each in a field of its form."""
        if "confirmed" in request.POST:
            queryset = queryset.filter(pk__in=request.POST["confirmed"].split())
        if not self._chosen(
            request, queryset, gettext("Filter them first, or run “purge_drawings”.")
        ):
            return None
        ids = list(queryset.values_list("pk", flat=True))
        if "post" in request.POST:
            self._erase(request, queryset, ids)
            return None
        context = self.admin_site.each_context(request) | {
            "title": gettext("Are you sure?"),
            "ids": ids,
            "opts": self.opts,
        }
        return TemplateResponse(
            request, "admin/predictor/submission/delete_selected_confirmation.html", context
        )

    def _erase(self, request: HttpRequest, queryset: SubmissionQuerySet, ids: list[UUID]) -> None:
        erased = 0
        for start in range(0, len(ids), labelling.BATCH_SIZE):
            some = ids[start : start + labelling.BATCH_SIZE]
            erased += erasure.erase_all(queryset.filter(pk__in=some))
        # Tombstones tell of each.
        LogEntry.objects.create(
            user=reviewer_of(request),
            content_type=ContentType.objects.get_for_model(Submission),
            object_repr=str(erased),
            action_flag=DELETION,
        )
        text = gettext("Erased: %(count)s.") % {"count": integer(erased)}
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=_("Confirm the prediction"), permissions=["change"])
    def confirm_prediction(self, request: HttpRequest, queryset: SubmissionQuerySet) -> None:
        self._label_all(request, queryset, "predicted", LabelEvent.Source.CONFIRM_PREDICTION)

    @admin.action(description=_("Accept the visitor's label"), permissions=["change"])
    def accept_visitor_label(self, request: HttpRequest, queryset: SubmissionQuerySet) -> None:
        self._label_all(request, queryset, "visitor_label", LabelEvent.Source.VISITOR)

    @admin.action(description=_("Confirm the label at a second look"), permissions=["change"])
    def confirm_label(self, request: HttpRequest, queryset: SubmissionQuerySet) -> None:
        if self._chosen(request, queryset):
            confirmed = labelling.relabel(
                queryset.reviewed().exclude(Exists(just_confirmed(reviewer_of(request)))),
                attrgetter("label"),
                actor=reviewer_of(request),
                source=LabelEvent.Source.CONFIRM_LABEL,
                confirm=True,
            )
            level = messages.SUCCESS if confirmed else messages.WARNING
            text = gettext("Labels confirmed: %(count)s.") % {"count": integer(confirmed)}
            self.message_user(request, text, level)

    def _chosen(self, request: HttpRequest, chosen: SubmissionQuerySet, instead: str = "") -> int:
        """How many they are; 0 where they are too many, which is said."""
        count = chosen.order_by()[: MAX_ROWS + 1].count()
        if count <= MAX_ROWS:
            return count
        text = gettext("More than %(count)s drawings are selected.") % {"count": integer(MAX_ROWS)}
        instead = instead or gettext("Filter them first.")
        self.message_user(request, f"{text} {instead}", messages.ERROR)
        return 0

    def _label_all(
        self,
        request: HttpRequest,
        chosen: SubmissionQuerySet,
        column: str,
        source: LabelEvent.Source,
    ) -> None:
        count = self._chosen(request, chosen)
        if not count:
            return
        # What a person has labelled already is not overwritten by the dozen.
        fitting = chosen.unreviewed().filter(**{f"{column}__isnull": False})
        labelled = labelling.relabel(
            fitting, attrgetter(column), actor=reviewer_of(request), source=source
        )
        text = gettext("Labelled: %(labelled)s. Left as they were: %(left)s.")
        if labelled < count:
            text = gettext(
                "Labelled: %(labelled)s. Left as they were: %(left)s (labelled before, or without a"
                " visitor's label)."
            )
        text %= {"labelled": integer(labelled), "left": integer(count - labelled)}
        self.message_user(request, text, messages.SUCCESS if labelled else messages.WARNING)

    # What is shown

    def action_checkbox(self, obj: Submission) -> SafeString:
        """Django's, without its template."""
        name = gettext("Select drawing %(id)s") % {"id": obj.pk}
        html = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">'
        return format_html(html, helpers.ACTION_CHECKBOX_NAME, obj.pk, name)

    @admin.display(description=_("drawing"))
    def thumbnail(self, obj: Submission) -> SafeString:
        return self._pixels(obj, 56)

    @admin.display(description=_("what the network saw"))
    def large_pixels(self, obj: Submission) -> SafeString:
        return self._pixels(obj, 280)

    @admin.display(description=_("drawing"))
    def large_drawing(self, obj: Submission) -> SafeString:
        url = reverse("admin:predictor_submission_drawing", args=[obj.pk])
        return format_html('<img src="{}" alt="{}" class="drawing">', url, _("The drawing"))

    @admin.display(description=_("confidence"))
    def confidence_percent(self, obj: Submission) -> str:
        return percent(obj.confidence)

    @admin.display(description=_("network"))
    def network(self, obj: Submission) -> str:
        return obj.model_id

    @admin.display(description=_("networks trained on it"))
    def trained_versions(self, obj: Submission) -> str:
        return ", ".join(map(str, ModelVersion.objects.listed().trained_on(obj.pk))) or gettext(
            "none"
        )

    @admin.display(description=_("probabilities"))
    def probability_bars(self, obj: Submission) -> SafeString:
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td><meter value="{}"></meter></td><td>{}</td></tr>',
            ((digit, p, percent(p)) for digit, p in enumerate(obj.probabilities)),
        )
        return format_html('<table class="probabilities">{}</table>', rows)

    def _pixels(self, obj: Submission, side: int) -> SafeString:
        return format_html(
            '<img src="{}" alt="{}" width="{}" height="{}" class="pixelated">',
            as_data_url(as_png(as_square(obj.pixels))),
            gettext("Read as %(label)s") % {"label": name_of(obj.predicted)},
            side,
            side,
        )
