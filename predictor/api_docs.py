"""The description of the API, and its page."""

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

from predictor.api import API


class Schema(API):
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
        return Response(SchemaGenerator().get_schema(request=request, public=True))


class Docs(API, SpectacularSwaggerSplitView):
    pass
