from collections.abc import Iterable
from functools import cache
from typing import Any, NoReturn, cast
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from predictor import erasure, submissions
from predictor.api import health
from predictor.api.authentication import TokenAuthentication
from predictor.api.exceptions import OtherPicture, handle
from predictor.api.pagination import NewestFirst
from predictor.api.parsers import StrictJSONParser
from predictor.api.permissions import NotFromOtherSites, TokenAllows
from predictor.api.schema import BODY, responses
from predictor.api.serializers import (
    ExportInput,
    HealthOutput,
    ModelOutput,
    PredictInput,
    PredictOutput,
    SubmissionInput,
    SubmissionOutput,
    UploadInput,
    VisitorLabelInput,
)
from predictor.api.throttling import (
    ExportThrottle,
    ListThrottle,
    PredictThrottle,
    SubmitThrottle,
)
from predictor.exports import archive
from predictor.images import as_data_url, as_png, as_square
from predictor.models import ModelVersion, Submission, SubmissionQuerySet
from predictor.registry import serving
from predictor.visitor import ensure_visitor, remember, visitor_of

PICTURE_MAX_AGE = 3600  # seconds; an erased drawing must not haunt the browser for long


class JSONForAll(DefaultContentNegotiation):
    """What a client says that it accepts changes nothing here, and fails nothing."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class API(APIView):
    parser_classes = [StrictJSONParser]
    authentication_classes: list[type[BaseAuthentication]] = [TokenAuthentication]
    permission_classes = [NotFromOtherSites, TokenAllows]
    # What a token must be for; and whether visitors, who have none, are kept out.
    scope = ""
    needs_token = False
    content_negotiation_class: type[DefaultContentNegotiation] = JSONForAll
    http_method_names = [name for name in APIView.http_method_names if name != "options"]

    def get_exception_handler(self) -> Any:
        return handle

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> NoReturn:
        # REST framework would ask for a token, also where none would help.
        raise PermissionDenied(message, code)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if getattr(response, "exception", False):
            response.accepted_renderer = JSONRenderer()  # on a page and in YAML as well
            response.accepted_media_type = JSONRenderer.media_type
        return response

    def own_submissions(self) -> SubmissionQuerySet:
        return Submission.objects.for_history(visitor_of(self.request))

    def to_response(self, submission: Submission, status: int = 200) -> Response:
        return Response(
            SubmissionOutput(submission, context={"request": self.request}).data, status
        )

    def valid(self, serializer: type[Serializer]) -> dict[str, Any]:
        try:
            sent = {} if self.request.data is None else self.request.data  # null is none of it
            return cast(dict[str, Any], shared(serializer, get_language()).run_validation(sent))
        finally:
            forget_body(self.request)


@cache
def shared(serializer: type[Serializer], language: str | None) -> Serializer:
    """Its only instance in a language, which keeps nothing of what it reads.

    REST framework copies all fields for each new one, and that takes longer than to use them. Some
    of their sentences stay in the language in which they are said first.
    """
    return serializer()


def forget_body(request: Any) -> None:
    """Let go of what was sent, once it has been read.

    A view and its request hold each other until Python collects garbage, at times after a hundred
    others, which would pile up to hundreds of megabytes.
    """
    request._data = request._full_data = request._files = request._stream = None
    for name in ("_body", "_stream"):
        request._request.__dict__.pop(name, None)


class Submissions(API, ListAPIView):
    scope = "submit"
    parser_classes = [StrictJSONParser, MultiPartParser]
    serializer_class = SubmissionOutput
    pagination_class = NewestFirst

    def get_throttles(self) -> list[BaseThrottle]:
        return [SubmitThrottle()] if self.request.method == "POST" else []

    def get_queryset(self) -> SubmissionQuerySet:
        return self.own_submissions()

    @extend_schema(
        operation_id="list_submissions",
        description="Your own, newest first.",
        responses=responses({200: SubmissionOutput(many=True)}, 403, 404),
    )
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="submit",
        description="Reads a drawing and keeps it. With an id of its own, a drawing that is sent"
        " again is kept once.",
        request={"application/json": SubmissionInput, "multipart/form-data": UploadInput},
        responses=responses({201: SubmissionOutput, 200: SubmissionOutput}, *BODY, 409, 429),
    )
    def post(self, request: Request) -> Response:
        drawing = self.valid(SubmissionInput)
        visitor = ensure_visitor(request)
        submission, created = submissions.submit(serving.network(), visitor=visitor, **drawing)
        response = self.to_response(submission, 201 if created else 200)
        remember(request, response, visitor)
        return response


class OneSubmission(API):
    scope = "submit"

    @extend_schema(
        operation_id="get_submission", responses=responses({200: SubmissionOutput}, 403, 404)
    )
    def get(self, request: Request, pk: UUID) -> Response:
        return self.to_response(self.own_submissions().get(pk=pk))

    @extend_schema(
        operation_id="set_visitor_label",
        description="Says what the drawing is; null takes it back.",
        request={"application/json": VisitorLabelInput},
        responses=responses({200: SubmissionOutput}, *BODY, 404),
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        submission = self.own_submissions().get(pk=pk)
        submissions.set_visitor_label(submission, **self.valid(VisitorLabelInput))
        return self.to_response(submission)

    @extend_schema(operation_id="erase", responses=responses({204: None}, 403, 404))
    def delete(self, request: Request, pk: UUID) -> Response:
        erasure.erase(self.own_submissions().get(pk=pk))
        return Response(status=204)


PICTURE = responses({(200, "image/png"): OpenApiTypes.BINARY}, 403, 404, 412)


class Picture(API):
    scope = "submit"

    def to_picture(self, png: bytes, pk: UUID) -> HttpResponseBase:
        response = HttpResponse(png, content_type="image/png")
        patch_cache_control(response, private=True, max_age=PICTURE_MAX_AGE)
        patch_vary_headers(response, ["Cookie", "Authorization"])
        response["ETag"] = etag = f'"{pk}"'  # a picture never changes
        found = get_conditional_response(self.request, etag, response=response)
        if found is None or found.status_code == OtherPicture.status_code:
            raise OtherPicture
        return found


class Drawing(Picture):
    @extend_schema(
        operation_id="get_drawing",
        description="The drawing as it was sent, or a photograph made smaller.",
        responses=PICTURE,
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        drawing = self.own_submissions().values_list("drawing", flat=True).get(pk=pk)
        return self.to_picture(bytes(drawing), pk)


class Pixels(Picture):
    @extend_schema(
        operation_id="get_pixels",
        description="The 28x28 that the network saw.",
        responses=PICTURE,
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        pixels = self.own_submissions().values_list("pixels", flat=True).get(pk=pk)
        return self.to_picture(as_png(as_square(pixels)), pk)


class Predict(API):
    scope = "predict"

    def get_throttles(self) -> list[BaseThrottle]:
        self.throttle = PredictThrottle()
        return [self.throttle]

    @extend_schema(
        operation_id="predict",
        description="Reads drawings and keeps nothing. Images of more than 320 x 320 pixels count"
        " as one call for each 50 ms or so that they take. At once it reads what takes a second: 64"
        " drawings of 320 x 320 pixels, 15 of 640 x 640, or 6 photographs of 12 megapixels."
        " With `pixels`, the answer has what the network saw as well.",
        request={"application/json": PredictInput},
        responses=responses({200: PredictOutput}, *BODY, 429),
    )
    def post(self, request: Request) -> Response:
        asked = self.valid(PredictInput)
        images = asked["images"]
        self.throttle.charge(image.cost for image in images)
        network = serving.network()
        predictions, pixels = submissions.predict(network, images)
        answer = {"model": network.version, "predictions": predictions}
        if asked["pixels"]:
            answer["pixels"] = [as_data_url(as_png(square)) for square in pixels]
        return Response(PredictOutput(answer).data)


class Models(API, ListAPIView):
    throttle_classes = [ListThrottle]
    queryset = ModelVersion.objects.listed()
    serializer_class = ModelOutput
    pagination_class = None

    @extend_schema(
        operation_id="list_models",
        description="The networks, newest first.",
        responses=responses({200: ModelOutput(many=True)}, 429),
    )
    def get(self, request: Request) -> Response:
        return self.list(request)


class Export(API):
    scope = "export"
    needs_token = True
    throttle_classes = [ExportThrottle]

    @extend_schema(
        operation_id="export",
        description="The reviewed drawings of all visitors, as `manage.py export_corrections`"
        " writes them, with their manifest in a zip file. Who asked for it, and when, is kept.",
        parameters=[ExportInput],
        responses=responses({(200, "application/zip"): OpenApiTypes.BINARY}, 400, 403, 404, 429),
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = ExportInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        filters, format = asked.filters(), asked.validated_data["format"]
        file = archive.write(format, filters, who=f"token {request.auth}")
        return FileResponse(file, as_attachment=True, filename="corrections.zip")


class Health(API):
    authentication_classes = []  # it answers also where no token can be looked up

    @extend_schema(
        operation_id="health",
        responses={200: HealthOutput, 503: HealthOutput},
    )
    def get(self, request: Request) -> Response:
        state = health.state()
        well = state["database"] and state["writable"] and state["network"]
        return Response(state, 200 if well else 503)


healthz = Health.as_view()
