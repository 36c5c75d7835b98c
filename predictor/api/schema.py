"""What every call may answer besides what was asked for."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiResponse
from rest_framework import serializers

FIELDS = {
    "type": "object",
    "minProperties": 1,
    "description": "For each field that is wrong the reasons, in the form that the field has; or"
    " `detail`, where the whole is.",
    "additionalProperties": True,
}


class RefusedOutput(serializers.Serializer):
    detail = serializers.CharField(help_text="The reason, in a sentence.")


class BodySchema(AutoSchema):
    """Whatever takes a body needs one, also where none of its fields is needed by itself."""

    def _get_request_body(self, direction: Direction = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # of an untyped library
        return body and body | {"required": True}


class ImageOrStrokes(OpenApiSerializerExtension):
    target_class = "predictor.api.serializers.SubmissionInput"

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Any:
        fields = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        some = {"type": "array", "minItems": 1}
        strokes = {"required": ["strokes"], "properties": {"strokes": some}}
        return fields | {"anyOf": [{"required": ["image"]}, strokes]}


# What one may ask for of a submission, where an answer has its id.
OF_ONE = ("get_submission", "set_visitor_label", "erase", "get_drawing", "get_pixels")
IDS = {
    "#/components/schemas/SubmissionOutput": "$response.body#/id",
    "#/components/schemas/PaginatedSubmissionOutputList": "$response.body#/results/0/id",
}


def add_links(result: Any, **kwargs: Any) -> Any:
    """Lead from each answer that has submissions to the calls that take one."""
    calls = [call for path in result["paths"].values() for call in path.values()]
    for response in [each for call in calls for each in call["responses"].values()]:
        body = response.get("content", {}).get("application/json", {})
        if id := IDS.get(body.get("schema", {}).get("$ref")):
            response["links"] = {
                name: {"operationId": name, "parameters": {"id": id}} for name in OF_ONE
            }
    return result


SENTENCES = {
    401: "There is no such token, or none was sent where one is needed.",
    403: "The token has not the scope, or a browser sends it from the page of another site.",
    404: "There is nothing here, or nothing of yours.",
    409: "The id belongs to another drawing, or to one that was erased.",
    411: "The body comes in chunks, without its length.",
    412: "If-Match names another picture.",
    413: "The body, an image or its pixels are too large.",
    415: "The body has another type, or is compressed.",
    429: "Too much was sent. Retry-After has the seconds to wait.",
    503: "The site can't answer just now. Retry-After has the seconds to wait.",
}
ERRORS = {status: OpenApiResponse(RefusedOutput, text) for status, text in SENTENCES.items()}
ERRORS[400] = OpenApiResponse(FIELDS, "What was sent is not what is asked for.")
BODY = (400, 403, 411, 413, 415)  # of whatever takes a body


def responses(success: dict[Any, Any], *errors: int) -> dict[Any, Any]:
    return success | {status: ERRORS[status] for status in (401, *errors, 503)}
