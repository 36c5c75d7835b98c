"""The pages in Django admin on which many drawings are labelled: the queue and the grid."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from predictor import dashboard, review
from predictor.api import API
from predictor.images import as_data_url, as_png, as_square, for_screen
from predictor.models import CLAIMS, Label, Submission

PERMISSION = "predictor.change_submission"
GRID = "admin:predictor_submission_grid"
LAST_GRID = "last grid"


def may_review(request: HttpRequest | Request) -> bool:
    return admin.site.has_permission(request) and request.user.has_perm(PERMISSION)


# The queue


def queue(request: HttpRequest) -> HttpResponse:
    if not may_review(request):
        raise PermissionDenied
    context = {"title": "Review queue", "labels": Label.choices, "digits": range(10)}
    context |= admin.site.each_context(request)
    return render(request, "admin/predictor/review.html", context)


class DecisionInput(serializers.Serializer):
    key = serializers.UUIDField()
    submission = serializers.UUIDField()
    old = serializers.ChoiceField(Label.choices, allow_null=True)
    new = serializers.ChoiceField(Label.choices, allow_null=True)
    skip = serializers.BooleanField(default=False)


class SyncInput(serializers.Serializer):
    decisions = DecisionInput(many=True, max_length=100)
    have = serializers.ListField(child=serializers.UUIDField(), max_length=100)


class MayReview(BasePermission):
    message = "You are signed out, or may not review."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_review(request)


class Sync(API):
    """Takes what was decided, in order, and says which drawings are before the reviewer now.

    `have` names those that the page has already; the others come with all that it shows.
    """

    authentication_classes = [SessionAuthentication]
    permission_classes = [MayReview]
    schema = None  # it is the page's own, and no part of the API for programs

    def post(self, request: Request) -> Response:
        sent = self.valid(SyncInput)
        decide = partial(review.decide, request.user)
        problems = [decide(**decision) for decision in sent["decisions"]]
        mine = review.hand_out(request.user)
        left = dashboard.in_all()["waiting"]
        return Response(
            {
                "problems": problems,
                "mine": mine,
                "cards": cards([id for id in mine if id not in sent["have"]]),
                "left": left,
                "held": review.held(request.user) if left and not mine else [],
            }
        )


def cards(ids: list[UUID]) -> list[dict[str, Any]]:
    """What the queue shows of each drawing, in this order; an erased one is left out."""
    found = Submission.objects.defer("strokes", "lot", "audited_at").in_bulk(ids)
    return [card(found[id]) for id in ids if id in found]


def card(row: Submission) -> dict[str, Any]:
    return {
        "id": row.pk,
        "drawing": as_data_url(for_screen(bytes(row.drawing))),
        "pixels": as_data_url(as_png(as_square(row.pixels))),
        "predicted": row.predicted,
        "digit": row.digit,
        "confidence": row.confidence,
        "probabilities": row.probabilities,
        "claim": row.visitor_label,
        "disputed": row.disputed,
    }


# The grid


class GridInput(serializers.Serializer):
    key = serializers.UUIDField()
    shown = serializers.ListField(child=serializers.UUIDField(), max_length=review.GRID)
    wrong = serializers.ListField(
        child=serializers.UUIDField(), max_length=review.GRID, default=list
    )


@require_http_methods(["GET", "HEAD", "POST"])
def grid(request: HttpRequest, label: int) -> HttpResponse:
    if not may_review(request):
        raise PermissionDenied
    if label not in dict(CLAIMS):
        raise Http404("No such label")
    if request.method == "POST":
        if "take_back" in request.POST:
            take_back(request)
        else:
            confirm(request, label)
        return redirect(GRID, label)
    ids = review.hand_out_grid(request.user, label)
    found = Submission.objects.only("pixels").in_bulk(ids)
    shown = [(id, as_data_url(as_png(as_square(found[id].pixels)))) for id in ids if id in found]
    context = {
        "title": "Grid review",
        "drawings": shown,
        "held": [] if shown else review.held(request.user, label),
        "label": Label(label),
        "labels": CLAIMS,
        "key": uuid4(),
        "last": request.session.get(LAST_GRID),
    }
    context |= admin.site.each_context(request)
    return render(request, "admin/predictor/grid.html", context)


def confirm(request: HttpRequest, label: int) -> None:
    sent = GridInput(data=request.POST)
    if not sent.is_valid():
        raise BadRequest("Not what the grid sends")
    press = sent.validated_data
    count = review.confirm(request.user, label, **press)
    request.session[LAST_GRID] = {
        "name": Label(label).label,
        "count": count,
        "wrong": len(press["wrong"]),
        "shown": [str(id) for id in press["shown"]],
        "key": str(press["key"]),
    }


def take_back(request: HttpRequest) -> None:
    if last := request.session.pop(LAST_GRID, None):
        review.take_back(request.user, last["shown"], last["key"])


def urls() -> list[URLPattern]:
    view = admin.site.admin_view
    return [
        path("review/", view(queue), name="predictor_submission_queue"),
        path("review/sync/", Sync.as_view(), name="predictor_submission_sync"),
        path("review/grid/<int:label>/", view(grid), name="predictor_submission_grid"),
    ]
