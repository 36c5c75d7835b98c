from typing import Any
from uuid import UUID

import numpy as np
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.generics import ListAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from predictor import classifier, health, services
from predictor.exceptions import handle
from predictor.identity import ensure_visitor, remember, visitor_of
from predictor.images import as_png, as_square
from predictor.models import ModelVersion, Submission, SubmissionQuerySet
from predictor.pagination import NewestFirst
from predictor.serializers import (
    ClaimInput,
    HealthOutput,
    ModelOutput,
    PredictInput,
    PredictOutput,
    SubmissionInput,
    SubmissionOutput,
    UploadInput,
)
from predictor.throttles import PredictThrottle, SubmitThrottle

PICTURE_MAX_AGE = 3600  # seconds; an erased drawing must not haunt the browser for long


class StrictJSONParser(JSONParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None


class JSONForAll(DefaultContentNegotiation):
    """What a client says that it accepts changes nothing here, and fails nothing."""

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class NotFromOtherSites(BasePermission):
    """Browsers name the page that a request comes from; programs have no reason to.

    The cookie alone (SameSite=Lax) would not keep another site from giving a visitor a new one.
    """

    message = "Requests from the pages of other sites are refused."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS or "HTTP_ORIGIN" not in request.META:
            return True
        return CsrfViewMiddleware(lambda request: HttpResponse())._origin_verified(request)


class API(APIView):
    parser_classes = [StrictJSONParser]
    permission_classes = [NotFromOtherSites]
    content_negotiation_class = JSONForAll
    metadata_class = None  # no OPTIONS

    def get_exception_handler(self) -> Any:
        return handle

    def own(self) -> SubmissionQuerySet:
        return Submission.objects.for_history(visitor_of(self.request))

    def show(self, submission: Submission, status: int = 200) -> Response:
        return Response(
            SubmissionOutput(submission, context={"request": self.request}).data, status
        )

    def valid(self, serializer: type[Serializer]) -> dict[str, Any]:
        incoming = serializer(data=self.request.data)
        incoming.is_valid(raise_exception=True)
        return incoming.validated_data


class Submissions(API, ListAPIView):
    parser_classes = [StrictJSONParser, MultiPartParser]
    serializer_class = SubmissionOutput
    pagination_class = NewestFirst

    def get_throttles(self) -> list[BaseThrottle]:
        return [SubmitThrottle()] if self.request.method == "POST" else []

    def get_queryset(self) -> SubmissionQuerySet:
        return self.own()

    @extend_schema(operation_id="list_submissions", description="Your own, newest first.")
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="submit",
        description="Reads a drawing and keeps it. With an id of its own, a drawing that is sent"
        " again is kept once.",
        request={"application/json": SubmissionInput, "multipart/form-data": UploadInput},
        responses={201: SubmissionOutput, 200: SubmissionOutput},
    )
    def post(self, request: Request) -> Response:
        drawing = self.valid(SubmissionInput)
        visitor = ensure_visitor(request)
        submission, created = services.submit(visitor=visitor, **drawing)
        response = self.show(submission, 201 if created else 200)
        remember(request, response, visitor)
        return response


class OneSubmission(API):
    @extend_schema(operation_id="get_submission", responses=SubmissionOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        return self.show(get_object_or_404(self.own(), pk=pk))

    @extend_schema(
        operation_id="claim",
        description="Says what the drawing is; null takes it back.",
        request={"application/json": ClaimInput},
        responses=SubmissionOutput,
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        submission = get_object_or_404(self.own(), pk=pk)
        services.claim(submission, **self.valid(ClaimInput))
        return self.show(submission)

    @extend_schema(operation_id="erase", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        services.erase(get_object_or_404(self.own(), pk=pk))
        return Response(status=204)


class Picture(API):
    def answer(self, png: bytes, pk: UUID) -> HttpResponseBase:
        response = HttpResponse(png, content_type="image/png")
        patch_cache_control(response, private=True, max_age=PICTURE_MAX_AGE)
        patch_vary_headers(response, ["Cookie"])
        response["ETag"] = etag = f'"{pk}"'  # a picture never changes
        return get_conditional_response(self.request, etag, response=response)


class Drawing(Picture):
    @extend_schema(operation_id="get_drawing", responses={(200, "image/png"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        drawing = get_object_or_404(self.own().values_list("drawing", flat=True), pk=pk)
        return self.answer(bytes(drawing), pk)


class Pixels(Picture):
    @extend_schema(
        operation_id="get_pixels",
        description="The 28x28 that the network saw.",
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        pixels = get_object_or_404(self.own().values_list("pixels", flat=True), pk=pk)
        return self.answer(as_png(as_square(pixels)), pk)


class Predict(API):
    throttle_classes = [PredictThrottle]

    @extend_schema(
        operation_id="predict",
        description="Reads drawings and keeps nothing.",
        request={"application/json": PredictInput},
        responses=PredictOutput,
    )
    def post(self, request: Request) -> Response:
        pixels = np.stack(self.valid(PredictInput)["images"])
        network = classifier.network()
        answer = {"model": network.version, "predictions": network.predict(pixels)}
        return Response(PredictOutput(answer).data)


class Models(API, ListAPIView):
    queryset = ModelVersion.objects.all()
    serializer_class = ModelOutput
    pagination_class = None

    @extend_schema(operation_id="list_models", description="The networks, newest first.")
    def get(self, request: Request) -> Response:
        return self.list(request)


class Health(API):
    @extend_schema(
        operation_id="health",
        responses={200: HealthOutput, 503: HealthOutput},
    )
    def get(self, request: Request) -> Response:
        state = health.state()
        well = state["database"] and state["writable"] and state["network"]
        return Response(state, 200 if well else 503)


healthz = Health.as_view()
