"""The description of the API, and its page."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from predictor.api.views import API


@cache
def description() -> dict[str, Any]:
    """OpenAPI, made once, in English: it takes longer than reading a drawing."""
    with translation.override(settings.LANGUAGE_CODE):
        found: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return found


class Schema(API):
    authentication_classes = []
    # drf-spectacular's own view puts what is asked for into a header and into paths of languages.
    content_negotiation_class = DefaultContentNegotiation
    renderer_classes = [
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
        OpenApiJsonRenderer,
        OpenApiJsonRenderer2,
    ]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        server = request.META["SCRIPT_NAME"] or "/"
        return Response({**description(), "servers": [{"url": server}]})


class Docs(API, SpectacularSwaggerSplitView):
    authentication_classes = []
