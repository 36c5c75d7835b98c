"""What comes in and what goes out. Types are strict: what is not exactly right is refused."""

import base64
import binascii
import math
import re
from typing import Any
from uuid import UUID

import numpy as np
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from ml.preprocessing import MAX_BYTES, DrawingError, DrawingTooLarge, preprocess
from predictor.exceptions import TooLarge
from predictor.models import DIGITS, Label, ModelVersion, Submission

MAX_IMAGES = 64
MAX_STROKES = 200
MAX_POINTS = 20_000
DATA_URL = re.compile(r"data:image/[a-z.+-]+;base64,")
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
        "items": {"type": "array", "minItems": 1, "items": {"type": "number"}},
    },
}


def label_schema(*words: str) -> dict[str, Any]:
    return {
        "oneOf": [
            {"type": "integer", "minimum": 0, "maximum": 9},
            {"type": "string", "enum": list(words)},
        ],
        "nullable": True,
    }


@extend_schema_field({"type": "string", "description": "base64 of an image file, or its data: URL"})
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
        text = data[prefix.end() :] if (prefix := DATA_URL.match(data)) else data
        self._limit(len(text) * 3 // 4 - 2)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.fail("base64")

    def _limit(self, size: int) -> None:
        if size > MAX_BYTES:
            raise TooLarge(self.error_messages["large"])


class PixelsField(ImageField):
    """The same, and already the 28x28 that the network sees."""

    def to_internal_value(self, data: Any) -> np.ndarray:
        try:
            return preprocess(super().to_internal_value(data))
        except DrawingTooLarge as error:
            raise TooLarge(str(error)) from None
        except DrawingError as error:
            raise serializers.ValidationError(str(error)) from None


@extend_schema_field({"type": "string", "format": "uuid"})
class IdField(serializers.Field):
    default_error_messages = {"invalid": "This must be a UUID, written with its hyphens."}

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
    return type(value) in (int, float) and abs(value) < 1e12 and math.isfinite(value)


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


class SubmissionInput(serializers.Serializer):
    image = ImageField()
    strokes = StrokesField(required=False, allow_null=True)
    id = IdField(required=False)


class UploadInput(serializers.Serializer):
    """The same as a form; only the description of the API needs it."""

    image = serializers.FileField()
    id = IdField(required=False)


class ClaimInput(serializers.Serializer):
    visitor_label = ClaimField(allow_null=True)


class PredictInput(serializers.Serializer):
    images = serializers.ListField(child=PixelsField(), min_length=1, max_length=MAX_IMAGES)


class PredictionOutput(serializers.Serializer):
    digit = serializers.IntegerField(min_value=0, max_value=9, help_text="The likeliest digit.")
    confidence = serializers.FloatField(min_value=0, max_value=1)
    probabilities = serializers.ListField(
        child=serializers.FloatField(), min_length=DIGITS, max_length=DIGITS
    )
    is_digit = serializers.BooleanField(help_text="Whether to believe that it is a digit at all.")
    digit_score = serializers.FloatField(min_value=0, max_value=1)


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
    metrics = serializers.JSONField(source="metadata.metrics")

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
