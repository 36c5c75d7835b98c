"""One value each: how it is read, what is wrong with it, and how the schema describes it."""

import base64
import math
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from digitsite.formats import integer
from ml.decoding import MAX_BYTES, Checked, DrawingTooLarge
from ml.strokes import CANVAS, PEN
from predictor import submissions
from predictor.api.exceptions import TooLarge
from predictor.models import Label, Pointer
from predictor.submissions import UnreadableImages

MAX_IMAGES = 64
MAX_PREDICT_COST = 50_000_000  # as of ml.decoding, which is about a second of work
MAX_STROKES = 200
MAX_POINTS = 20_000
MAX_WIDTH = 40
MAX_CANVAS = 10_000  # CSS pixels
POINTERS = {pointer.name.lower(): pointer for pointer in Pointer}  # as browsers name them
MAX_NUMBER = 10**12  # what no coordinate nor time reaches
# Whatever type and name it says that it has: the content decides.
DATA_URL = re.compile(r"\s*data:[^,]{0,1000};\s*base64\s*,", re.IGNORECASE)
WHITESPACE = b" \t\r\n\f"
URL_SAFE = bytes.maketrans(b"-_", b"+/")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
STROKES_SCHEMA = {
    "type": "array",
    "description": f"in pixels; without an image, on a canvas of {CANVAS} x {CANVAS}",
    "maxItems": MAX_STROKES,
    "items": {
        "type": "array",
        "description": "x, y downwards and, if known, t: as many of each, at least one",
        "minItems": 2,
        "maxItems": 3,
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "number", "minimum": 1 - MAX_NUMBER, "maximum": MAX_NUMBER - 1},
        },
    },
}

WIDTHS_SCHEMA = {
    "type": "array",
    "description": f"of the pen, stroke by stroke, {PEN} where left out",
    "maxItems": MAX_STROKES,
    "items": {"type": "number", "minimum": 1, "maximum": MAX_WIDTH},
}


def label_schema(*words: str) -> dict[str, Any]:
    return {
        "oneOf": [
            {"type": "integer", "minimum": 0, "maximum": 9},
            {"type": "string", "enum": list(words)},
            {"enum": [None]},
        ],
    }


def repeated(dictionary: Mapping[str, Any], name: str) -> list[Any]:
    """Return all values of a field that a form has more than once: which is meant, nobody knows."""
    values = dictionary.getlist(name) if isinstance(dictionary, MultiValueDict) else []
    return values if len(values) > 1 else []


# A seven, so that the page of the API has something to try.
SEVEN = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcAQAAAABaduI5AAAATklEQVR42m3NIRKDQBQE0bdTiD1APDkKR0fmOBuHoPgR"
    "EAVmqkV3TSu+gcep1uWwS0ymVh+hCytV87jkev+zYzlJbTWiERsRYhAvot/efrmnExV0Lg3OAAAAAElFTkSuQmCC"
)


@extend_schema_field(
    {
        "type": "string",
        "format": "image",
        "description": "a PNG, JPEG, WebP, GIF or BMP file in base64, or its data: URL",
        "example": SEVEN,
    }
)
class ImageField(serializers.Field):
    """An image file's bytes, sent as a file or as base64."""

    default_error_messages = {
        "type": _("Send the image as a file, or as text in base64."),
        "base64": _("This is not an image in base64, nor a data: URL of one."),
    }

    def get_value(self, dictionary: Mapping[str, Any]) -> Any:
        return repeated(dictionary, str(self.field_name)) or super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> bytes:
        if isinstance(data, UploadedFile):
            self._limit(data.size or 0)
            content: bytes = data.read()
            return content
        if not isinstance(data, str):
            self.fail("type")
        try:
            text = bare(data)
            self._limit(len(text) * 3 // 4 - 2)
            return base64.b64decode(text, validate=True)
        except ValueError:
            self.fail("base64")

    def _limit(self, size: int) -> None:
        if size > MAX_BYTES:
            text = gettext("An image may have at most %(most)s bytes.")
            raise TooLarge(text % {"most": integer(MAX_BYTES)})


def bare(text: str) -> bytes:
    """The base64 alone, in the standard alphabet and padded. Raises ValueError."""
    if prefix := DATA_URL.match(text):
        text = text[prefix.end() :]
    plain = text.encode("ascii").translate(URL_SAFE, WHITESPACE)
    return plain + b"=" * (-len(plain) % 4)


class ImagesField(serializers.ListField):
    """Images whose headers say that they are, alone and together, not too large."""

    child = ImageField()
    default_error_messages = {  # REST framework's own, of which it has no translations
        "min_length": _("Ensure this field has at least {min_length} elements."),
        "max_length": _("Ensure this field has no more than {max_length} elements."),
    }

    def to_internal_value(self, data: Any) -> list[Checked]:
        if isinstance(data, list) and len(data) > MAX_IMAGES:
            return data  # to be refused for their number, of which nothing else is looked at
        try:
            images = submissions.check(super().to_internal_value(data))
        except DrawingTooLarge as error:
            raise TooLarge(submissions.sentence_of(error)) from None
        except UnreadableImages as error:
            raise serializers.ValidationError(error.as_detail()) from None
        if len(images) > 1 and sum(image.cost for image in images) > MAX_PREDICT_COST:
            raise TooLarge(
                gettext(
                    "These images would take too long to read together. Send fewer at once, or"
                    " smaller ones."
                )
            )
        return images


@extend_schema_field({"type": "string", "format": "uuid"})
class IdField(serializers.Field):
    default_error_messages = {"invalid": _("This must be a UUID, written with its hyphens.")}

    def get_value(self, dictionary: Mapping[str, Any]) -> Any:
        # REST framework takes an empty one in a form for none; then nothing would be kept once.
        name = str(self.field_name)
        return repeated(dictionary, name) or dictionary.get(name, empty)

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not UUID_TEXT.fullmatch(data):
            self.fail("invalid")
        return UUID(data)


@extend_schema_field(STROKES_SCHEMA)
class StrokesField(serializers.Field):
    """[[[x, …], [y, …], [t, …]], …], t being optional."""

    default_error_messages = {
        "invalid": _("Strokes are lists of x, y and, if known, t: as many numbers in each."),
        "many": _("At most {strokes} strokes with {points} points in all are accepted."),
    }

    def to_internal_value(self, data: Any) -> list[list[list[float]]]:
        if not isinstance(data, list) or not all(map(is_stroke, data)):
            self.fail("invalid")
        if len(data) > MAX_STROKES or sum(len(stroke[0]) for stroke in data) > MAX_POINTS:
            self.fail("many", strokes=MAX_STROKES, points=integer(MAX_POINTS))
        return data


def is_on_canvas(stroke: list[list[float]]) -> bool:
    return all(0 <= value <= CANVAS for axis in stroke[:2] for value in axis)


@extend_schema_field(WIDTHS_SCHEMA)
class WidthsField(serializers.Field):
    default_error_messages = {
        "invalid": format_lazy(_("Widths are numbers from 1 to {most} in a list."), most=MAX_WIDTH)
    }

    def to_internal_value(self, data: Any) -> list[float]:
        if not isinstance(data, list) or not all(map(is_width, data)):
            self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "object",
        "description": "what it was drawn with, and how wide the canvas was in CSS pixels",
        "properties": {
            "pointer": {"type": "string", "enum": list(POINTERS)},
            "canvas": {"type": "integer", "minimum": 1, "maximum": MAX_CANVAS},
        },
        "required": ["pointer", "canvas"],
        "additionalProperties": False,
    }
)
class DeviceField(serializers.Field):
    """As columns of a submission."""

    default_error_messages = {
        "invalid": format_lazy(
            _(
                "A device has a pointer, which is {pointers}, and a canvas, a whole number from 1"
                " to {most}; nothing else."
            ),
            pointers=", ".join(POINTERS),
            most=MAX_CANVAS,
        )
    }

    def to_internal_value(self, data: Any) -> dict[str, int]:
        if not isinstance(data, dict) or data.keys() != {"pointer", "canvas"}:
            self.fail("invalid")
        pointer, canvas = data["pointer"], data["canvas"]
        if not isinstance(pointer, str) or pointer not in POINTERS:
            self.fail("invalid")
        if type(canvas) is not int or not 1 <= canvas <= MAX_CANVAS:
            self.fail("invalid")
        return {"pointer": POINTERS[pointer], "canvas": canvas}


def is_width(value: Any) -> bool:
    return is_number(value) and 1 <= value <= MAX_WIDTH


def is_stroke(stroke: Any) -> bool:
    return (
        isinstance(stroke, list)
        and len(stroke) in (2, 3)
        and all(isinstance(axis, list) and axis and all(map(is_number, axis)) for axis in stroke)
        and len({len(axis) for axis in stroke}) == 1
    )


def is_number(value: Any) -> bool:
    # Not bool, which is an int too; and nothing that a float or a database can't hold.
    return type(value) in (int, float) and abs(value) < MAX_NUMBER and math.isfinite(value)


@extend_schema_field(OpenApiTypes.BOOL)
class FlagField(serializers.Field):
    default_error_messages = {"invalid": _("This must be true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
        "description": "the digit that you were asked for, if any: it becomes the visitor_label",
    }
)
class DigitField(serializers.Field):
    default_error_messages = {"invalid": _("This must be a whole number from 0 to 9.")}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int or not 0 <= data <= 9:
            self.fail("invalid")
        return data


@extend_schema_field(label_schema("not_a_digit"))
class VisitorLabelField(serializers.Field):
    default_error_messages = {
        "invalid": _('This must be a whole number from 0 to 9, "not_a_digit", or null.')
    }

    def to_internal_value(self, data: Any) -> int:
        if data == "not_a_digit":
            return Label.NOT_A_DIGIT
        if type(data) is not int or not 0 <= data <= 9:
            self.fail("invalid")
        return data


@extend_schema_field(OpenApiTypes.BINARY)
class UploadField(serializers.FileField):
    """The same as a file; only the description of the API needs it."""
