"""What comes in and what goes out. Types are strict: what is not exactly right is refused."""

import base64
import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.reverse import reverse

from ml.preprocessing import (
    MAX_BYTES,
    MAX_PIXELS,
    Checked,
    DrawingError,
    DrawingTooLarge,
    check,
)
from predictor.exceptions import TooLarge
from predictor.models import DIGITS, Label, ModelVersion, Submission

MAX_IMAGES = 64
MAX_PREDICT_PIXELS = 2 * MAX_PIXELS  # which is a good half a second of work
MAX_STROKES = 200
MAX_POINTS = 20_000
LARGEST = 10**12  # what no coordinate nor time reaches
# Whatever type and name it says that it has: the content decides.
DATA_URL = re.compile(r"\s*data:[^,]{0,1000};\s*base64\s*,", re.IGNORECASE)
WHITESPACE = b" \t\r\n\f"
URL_SAFE = bytes.maketrans(b"-_", b"+/")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SPELLED = {Label.NOT_A_DIGIT: "not_a_digit", Label.CANT_TELL: "cant_tell"}
STROKES = {
    "type": "array",
    "maxItems": MAX_STROKES,
    "items": {
        "type": "array",
        "description": "x, y and, if known, t: as many of each, at least one",
        "minItems": 2,
        "maxItems": 3,
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "number", "minimum": 1 - LARGEST, "maximum": LARGEST - 1},
        },
    },
}


def label_schema(*words: str) -> dict[str, Any]:
    return {
        "oneOf": [
            {"type": "integer", "minimum": 0, "maximum": 9},
            {"type": "string", "enum": list(words)},
            {"enum": [None]},
        ],
    }


@extend_schema_field(
    {
        "type": "string",
        "format": "image",
        "description": "a PNG, JPEG, WebP, GIF or BMP file in base64, or its data: URL",
    }
)
class ImageField(serializers.Field):
    """An image file's bytes, sent as a file or as base64."""

    default_error_messages = {
        "type": "Send the image as a file, or as text in base64.",
        "base64": "This is not an image in base64, nor a data: URL of one.",
        "large": f"An image may have at most {MAX_BYTES:,} bytes.",
    }

    def to_internal_value(self, data: Any) -> bytes:
        if isinstance(data, UploadedFile):
            self._limit(data.size)
            return data.read()
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
            raise TooLarge(self.error_messages["large"])


def bare(text: str) -> bytes:
    """The base64 alone, in the standard alphabet and padded. Raises ValueError."""
    if prefix := DATA_URL.match(text):
        text = text[prefix.end() :]
    plain = text.encode("ascii").translate(URL_SAFE, WHITESPACE)
    return plain + b"=" * (-len(plain) % 4)


class PicturesField(serializers.ListField):
    """Images by whose headers they are, alone and together, not too large."""

    child = ImageField()

    def to_internal_value(self, data: Any) -> list[Checked]:
        if isinstance(data, list) and len(data) > MAX_IMAGES:
            return data  # to be refused for their number, of which nothing else is looked at
        pictures = each(check, super().to_internal_value(data))
        if sum(picture.cost for picture in pictures) > MAX_PREDICT_PIXELS:
            raise TooLarge(
                f"These images have more than {MAX_PREDICT_PIXELS:,} pixels together, or are"
                " packed so tightly that they take as long. Send fewer at once, or smaller ones."
            )
        return pictures


def each(read: Callable[[Any], Any], images: list[Any]) -> list[Any]:
    """What each is read as. Names those that can't be, as a list's errors are named."""
    done, errors = [], {}
    for index, image in enumerate(images):
        try:
            done.append(read(image))
        except DrawingTooLarge as error:
            raise TooLarge(str(error)) from None
        except DrawingError as error:
            errors[index] = [str(error)]
    if errors:
        raise serializers.ValidationError(errors)
    return done


@extend_schema_field({"type": "string", "format": "uuid"})
class IdField(serializers.Field):
    default_error_messages = {"invalid": "This must be a UUID, written with its hyphens."}

    def get_value(self, dictionary: Mapping[str, Any]) -> Any:
        # REST framework takes an empty one in a form for none; then nothing would be kept once.
        return dictionary.get(self.field_name, empty)

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not UUID_TEXT.fullmatch(data):
            self.fail("invalid")
        return UUID(data)


@extend_schema_field(STROKES)
class StrokesField(serializers.Field):
    """[[[x, …], [y, …], [t, …]], …], t being optional."""

    default_error_messages = {
        "invalid": "Strokes are lists of x, y and, if known, t: as many numbers in each.",
        "many": f"At most {MAX_STROKES} strokes with {MAX_POINTS:,} points in all are accepted.",
    }

    def to_internal_value(self, data: Any) -> list[list[list[float]]]:
        if not isinstance(data, list) or not all(map(is_stroke, data)):
            self.fail("invalid")
        if len(data) > MAX_STROKES or sum(len(stroke[0]) for stroke in data) > MAX_POINTS:
            self.fail("many")
        return data


def is_stroke(stroke: Any) -> bool:
    return (
        isinstance(stroke, list)
        and len(stroke) in (2, 3)
        and all(isinstance(axis, list) and axis and all(map(is_number, axis)) for axis in stroke)
        and len({len(axis) for axis in stroke}) == 1
    )


def is_number(value: Any) -> bool:
    # Not bool, which is an int too; and nothing that a float or a database can't hold.
    return type(value) in (int, float) and abs(value) < LARGEST and math.isfinite(value)


@extend_schema_field(label_schema("not_a_digit"))
class ClaimField(serializers.Field):
    default_error_messages = {
        "invalid": 'This must be a whole number from 0 to 9, "not_a_digit", or null.'
    }

    def to_internal_value(self, data: Any) -> int:
        if data == "not_a_digit":
            return Label.NOT_A_DIGIT
        if type(data) is not int or not 0 <= data < DIGITS:
            self.fail("invalid")
        return data


@extend_schema_field(OpenApiTypes.BINARY)
class UploadField(serializers.FileField):
    """The same as a file; only the description of the API needs it."""


class SubmissionInput(serializers.Serializer):
    image = ImageField()
    strokes = StrokesField(required=False, allow_null=True)
    id = IdField(required=False)


class UploadInput(serializers.Serializer):
    image = UploadField()
    id = IdField(required=False)


class ClaimInput(serializers.Serializer):
    visitor_label = ClaimField(allow_null=True)


class PredictInput(serializers.Serializer):
    images = PicturesField(min_length=1, max_length=MAX_IMAGES)


class PredictionOutput(serializers.Serializer):
    digit = serializers.IntegerField(min_value=0, max_value=9, help_text="The likeliest digit.")
    confidence = serializers.FloatField(min_value=0, max_value=1)
    probabilities = serializers.ListField(
        child=serializers.FloatField(), min_length=DIGITS, max_length=DIGITS
    )
    is_digit = serializers.BooleanField(help_text="Whether to believe that it is a digit at all.")
    digit_score = serializers.FloatField(min_value=0, max_value=1)

    def to_representation(self, prediction: Any) -> dict[str, Any]:
        # The fields above describe it; to have each of them fetch its number takes far longer.
        return {name: getattr(prediction, name) for name in self._declared_fields}


PREDICTION = PredictionOutput()


class PredictOutput(serializers.Serializer):
    model = serializers.CharField()
    predictions = PredictionOutput(many=True)


class SubmissionOutput(serializers.ModelSerializer):
    prediction = PredictionOutput(source="*")
    model = serializers.CharField(source="model_id")
    visitor_label = serializers.SerializerMethodField()
    label = serializers.SerializerMethodField(help_text="What a person who looked at it says.")
    drawing_url = serializers.SerializerMethodField()
    pixels_url = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = (
            "id",
            "created_at",
            "prediction",
            "model",
            "visitor_label",
            "label",
            "drawing_url",
            "pixels_url",
        )

    def to_representation(self, submission: Submission) -> dict[str, Any]:
        return {
            "id": str(submission.pk),
            "created_at": submission.created_at.isoformat().replace("+00:00", "Z"),
            "prediction": PREDICTION.to_representation(submission),
            "model": submission.model_id,
            "visitor_label": self.get_visitor_label(submission),
            "label": self.get_label(submission),
            "drawing_url": self.get_drawing_url(submission),
            "pixels_url": self.get_pixels_url(submission),
        }

    @extend_schema_field(label_schema("not_a_digit"))
    def get_visitor_label(self, submission: Submission) -> int | str | None:
        return SPELLED.get(submission.visitor_label, submission.visitor_label)

    @extend_schema_field(label_schema("not_a_digit", "cant_tell"))
    def get_label(self, submission: Submission) -> int | str | None:
        return SPELLED.get(submission.label, submission.label)

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_drawing_url(self, submission: Submission) -> str:
        return self._url("api:submission-drawing", submission)

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_pixels_url(self, submission: Submission) -> str:
        return self._url("api:submission-pixels", submission)

    def _url(self, name: str, submission: Submission) -> str:
        return reverse(name, args=[submission.pk], request=self.context["request"])


class ModelOutput(serializers.ModelSerializer):
    metrics = serializers.JSONField(source="metadata.metrics", default=dict)

    class Meta:
        model = ModelVersion
        fields = "version", "is_active", "added_at", "activated_at", "metrics"


class HealthOutput(serializers.Serializer):
    database = serializers.BooleanField(help_text="Whether it answers.")
    writable = serializers.BooleanField(help_text="Whether drawings can be stored in it.")
    network = serializers.CharField(allow_null=True, help_text="The version that is loaded.")
    active = serializers.CharField(
        allow_null=True, help_text="The version that should be; another answers where it can't."
    )
    problems = serializers.ListField(child=serializers.CharField(), help_text="In sentences.")
