"""What the API takes and gives. Types are strict: what is not exactly right is refused."""

from functools import cache
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from ml.strokes import CANVAS
from predictor.api.fields import (
    MAX_IMAGES,
    DeviceField,
    DigitField,
    FlagField,
    IdField,
    ImageField,
    ImagesField,
    StrokesField,
    UploadField,
    VisitorLabelField,
    WidthsField,
    is_on_canvas,
    label_schema,
)
from predictor.exports.exporter import Filters
from predictor.exports.writers import FORMATS
from predictor.models import Label, ModelVersion, Submission

LABEL_NAMES: dict[int, str] = {Label.NOT_A_DIGIT: "not_a_digit", Label.CANT_TELL: "cant_tell"}

MOMENTS = ["iso-8601", "%Y-%m-%d"]
OFF_CANVAS = format_lazy(_("Without an image, x and y are numbers from 0 to {most}."), most=CANVAS)


def label_name(label: int | None) -> int | str | None:
    return None if label is None else LABEL_NAMES.get(label, label)


class SubmissionInput(serializers.Serializer):
    image = ImageField(required=False)
    strokes = StrokesField(required=False, allow_null=True)
    widths = WidthsField(required=False)
    device = DeviceField(required=False)
    asked = DigitField(required=False)
    id = IdField(required=False)

    def validate(self, drawing: dict[str, Any]) -> dict[str, Any]:
        strokes = drawing.get("strokes") or []
        if "image" not in drawing and not strokes:
            raise serializers.ValidationError({"image": _("Send an image, or strokes.")})
        if "image" not in drawing and not all(map(is_on_canvas, strokes)):
            raise serializers.ValidationError({"strokes": OFF_CANVAS})
        return drawing


class UploadInput(serializers.Serializer):
    image = UploadField()
    id = IdField(required=False)


class VisitorLabelInput(serializers.Serializer):
    visitor_label = VisitorLabelField(allow_null=True)


class PredictInput(serializers.Serializer):
    images = ImagesField(min_length=1, max_length=MAX_IMAGES)
    pixels = FlagField(default=False)


class ExportInput(serializers.Serializer):
    format = serializers.ChoiceField(list(FORMATS), default="npz")
    since = serializers.DateTimeField(
        required=False, input_formats=MOMENTS, help_text="Reviewed then or later (UTC)."
    )
    until = serializers.DateTimeField(
        required=False, input_formats=MOMENTS, help_text="Reviewed before then (UTC)."
    )
    changed_only = serializers.ChoiceField(
        ["true", "false"],
        default="false",
        help_text="Only where the label differs from the prediction.",
    )
    model = serializers.CharField(required=False, help_text="Only predictions of this network.")

    def validate_model(self, version: str) -> str:
        if not ModelVersion.objects.filter(pk=version).exists():
            raise NotFound(_("There is no such network."))
        return version

    def filters(self) -> Filters:
        asked = self.validated_data
        return Filters(
            since=asked.get("since"),
            until=asked.get("until"),
            changed_only=asked["changed_only"] == "true",
            model=asked.get("model"),
        )


class PredictionOutput(serializers.Serializer):
    digit = serializers.IntegerField(min_value=0, max_value=9, help_text="The likeliest digit.")
    confidence = serializers.FloatField(min_value=0, max_value=1)
    probabilities = serializers.ListField(
        child=serializers.FloatField(), min_length=10, max_length=10
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
    pixels = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="If asked for: the 28x28 of each image as a data: URL of a PNG.",
    )


class SubmissionOutput(serializers.ModelSerializer):
    prediction = PredictionOutput(source="*")
    model = serializers.CharField(source="model_id")
    visitor_label = serializers.SerializerMethodField()
    label = serializers.SerializerMethodField(  # type: ignore[assignment]  # a name of Field, too
        help_text="What a person who looked at it says."
    )
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
        return label_name(submission.visitor_label)

    @extend_schema_field(label_schema("not_a_digit", "cant_tell"))
    def get_label(self, submission: Submission) -> int | str | None:
        return label_name(submission.label)

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_drawing_url(self, submission: Submission) -> str:
        return self._url("api:submission-drawing", submission)

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_pixels_url(self, submission: Submission) -> str:
        return self._url("api:submission-pixels", submission)

    def _url(self, name: str, submission: Submission) -> str:
        return self._site + path_of(name, get_script_prefix()).replace(ANY, str(submission.pk))

    @cached_property
    def _site(self) -> str:
        request = self.context["request"]
        return f"{request.scheme}://{request.get_host()}"


ANY = "00000000-0000-0000-0000-000000000000"


@cache
def path_of(name: str, prefix: str) -> str:
    """The path of this submission, ANY, below the prefix: Django takes long to find one."""
    return reverse(name, args=[ANY])


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
