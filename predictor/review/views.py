"""The pages in Django admin on which many drawings are labelled: the queue and the grid."""

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from ml import svg
from predictor import statistics
from predictor.api.views import API
from predictor.images import as_data_url, as_png, as_square, for_screen
from predictor.models import VISITOR_LABELS, Label, Submission
from predictor.review import queue as reviewing
from predictor.review.permissions import MayReview, may_review, reviewer_of

GRID = "admin:predictor_submission_grid"
LAST_GRID = "last labelled"


# The queue


def queue(request: HttpRequest) -> HttpResponse:
    if not may_review(request):
        raise PermissionDenied
    context = {"title": _("Review queue"), "labels": Label.choices, "digits": range(10)}
    context |= admin.site.each_context(request)
    return render(request, "admin/predictor/review.html", context)


class DecisionInput(serializers.Serializer):
    key = serializers.UUIDField(source="idempotency_key")
    submission = serializers.UUIDField()
    old = serializers.ChoiceField(Label.choices, allow_null=True)
    new = serializers.ChoiceField(Label.choices, allow_null=True)
    skip = serializers.BooleanField(default=False)


class SyncInput(serializers.Serializer):
    decisions = serializers.ListField(child=DecisionInput(), max_length=100)
    # All that a reviewer holds: what was marked in grids comes to the queue as well.
    have = serializers.ListField(child=serializers.UUIDField(), max_length=1000)


class Sync(API):
    """Takes what was decided, in order, and says which drawings are before the reviewer now.

    `have` names those that the page has already; the others come with all that it shows.
    """

    authentication_classes = [SessionAuthentication]
    permission_classes = [MayReview]
    schema = None  # it is the page's own, and no part of the API for programs

    def post(self, request: Request) -> Response:
        sent = self.valid(SyncInput)
        reviewer = reviewer_of(request)
        decisions = [reviewing.Decision(**decision) for decision in sent["decisions"]]
        problems = [reviewing.decide(reviewer, decision) for decision in decisions]
        mine = reviewing.hand_out(reviewer)
        left = statistics.totals()["waiting"]
        return Response(
            {
                "problems": problems,
                "mine": mine,
                "cards": cards([id for id in mine if id not in sent["have"]]),
                "left": left,
                "recent": [labelled(row) for row in reviewing.recent(reviewer)],
                "held": reviewing.held(reviewer) if left and not mine else [],
            }
        )


class Card(API):
    """What the queue shows of one drawing, whoever labelled it."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [MayReview]
    schema = None

    def get(self, request: Request, pk: UUID) -> Response:
        found = cards([pk])
        if not found:
            raise NotFound
        return Response(found[0])


def labelled(row: Submission) -> dict[str, Any]:
    return {
        "id": row.pk,
        "label": row.label,
        "pixels": as_data_url(as_png(as_square(row.pixels))),
    }


def cards(ids: list[UUID]) -> list[dict[str, Any]]:
    """What the queue shows of each drawing, in this order; an erased one is left out."""
    found = Submission.objects.defer("sampling_key", "audited_at").in_bulk(ids)
    return [card(found[id]) for id in ids if id in found]


def card(row: Submission) -> dict[str, Any]:
    return {
        "id": row.pk,
        "drawing": as_data_url(for_screen(bytes(row.drawing))),
        "pixels": as_data_url(as_png(as_square(row.pixels))),
        "paths": [asdict(path) for path in svg.paths(row.strokes, row.widths)],
        "predicted": row.predicted,
        "digit": row.digit,
        "confidence": row.confidence,
        "probabilities": row.probabilities,
        "asked": row.asked,
        "visitor_label": row.visitor_label,
        "disputed": row.disputed,
    }


# The grid


# The id of a drawing, and the digit that was typed over it.
TYPED = r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} [0-9]\Z"


class GridInput(serializers.Serializer):
    key = serializers.UUIDField(source="idempotency_key")
    shown = serializers.ListField(child=serializers.UUIDField(), max_length=reviewing.GRID_SIZE)
    wrong = serializers.ListField(
        child=serializers.UUIDField(), max_length=reviewing.GRID_SIZE, default=list
    )
    typed = serializers.ListField(
        child=serializers.RegexField(TYPED), max_length=reviewing.GRID_SIZE, default=list
    )

    def validate_typed(self, typed: list[str]) -> dict[UUID, int]:
        return {UUID(id): int(digit) for id, digit in map(str.split, typed)}


@require_http_methods(["GET", "HEAD", "POST"])
def grid(request: HttpRequest, label: int) -> HttpResponse:
    if not may_review(request):
        raise PermissionDenied
    if label not in dict(VISITOR_LABELS):
        raise Http404("No such label")
    if request.method == "POST":
        if "take_back" in request.POST:
            undo(request)
        else:
            confirm(request, label)
        return redirect(GRID, label)
    ids = reviewing.hand_out_grid(reviewer_of(request), label)
    found = Submission.objects.only("pixels").in_bulk(ids)
    shown = [(id, as_data_url(as_png(as_square(found[id].pixels)))) for id in ids if id in found]
    context = {
        "title": _("Grid review"),
        "drawings": shown,
        "held": [] if shown else reviewing.held(reviewer_of(request), label),
        "label": Label(label),
        "labels": VISITOR_LABELS,
        "key": uuid4(),
        "last": last_grid(request),
    }
    context |= admin.site.each_context(request)
    return render(request, "admin/predictor/grid.html", context)


def last_grid(request: HttpRequest) -> dict[str, Any] | None:
    last = request.session.get(LAST_GRID)
    return last and last | {
        "label": Label(last["label"]),
        "all": last["count"] + last.get("typed", 0),
    }


def confirm(request: HttpRequest, label: int) -> None:
    sent = GridInput(data=request.POST)
    if not sent.is_valid():
        raise BadRequest("Not what the grid sends")
    press = sent.validated_data
    counts = reviewing.confirm(reviewer_of(request), label, **press)
    count = counts.pop(label, 0)
    request.session[LAST_GRID] = {
        "label": label,
        "count": count,
        "typed": sum(counts.values()),
        "wrong": len(press["wrong"]),
        "shown": [str(id) for id in press["shown"]],
        "key": str(press["idempotency_key"]),
    }


def undo(request: HttpRequest) -> None:
    if last := request.session.pop(LAST_GRID, None):
        reviewing.undo(reviewer_of(request), last["shown"], last["key"])


def urls() -> list[URLPattern]:
    view = admin.site.admin_view
    return [
        path("review/", view(queue), name="predictor_submission_queue"),
        path("review/sync/", Sync.as_view(), name="predictor_submission_sync"),
        path("review/<uuid:pk>/", Card.as_view(), name="predictor_submission_card"),
        path("review/grid/<int:label>/", view(grid), name="predictor_submission_grid"),
    ]
