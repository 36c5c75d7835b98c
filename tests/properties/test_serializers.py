"""Whatever JSON comes in is taken as what it should be, or refused field by field."""

import base64
import io
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import APIException, ParseError
from rest_framework.utils.serializer_helpers import ReturnDict

from predictor.api import serializers
from predictor.api.parsers import StrictJSONParser
from tests.support.samples import text
from tests.support.strategies import JSON, strokes

DRAWING = text()
IMAGES = (
    st.just(DRAWING)
    | st.text(max_size=40)
    | st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode())
)
INPUTS = {
    serializers.SubmissionInput: {
        "image": IMAGES | JSON,
        "strokes": strokes() | JSON,
        "widths": st.lists(st.floats(1, 40), max_size=4) | JSON,
        "id": st.uuids().map(str) | JSON,
    },
    serializers.VisitorLabelInput: {"visitor_label": st.integers(-2, 12) | JSON},
    serializers.PredictInput: {
        "images": st.lists(IMAGES, max_size=3) | JSON,
        "pixels": st.booleans() | JSON,
    },
    serializers.ExportInput: {
        "format": st.sampled_from(["npz", "csv", "exe"]) | st.text(max_size=9),
        "since": st.datetimes().map(str) | st.text(max_size=9),
        "until": st.dates().map(str) | st.text(max_size=9),
        "changed_only": st.sampled_from(["true", "false", "1", ""]),
    },
}


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.__name__)
@given(st.data())
def test_each_field_is_taken_or_refused_with_a_reason(kind, data):
    sent = data.draw(st.fixed_dictionaries({}, optional=INPUTS[kind]) | JSON)
    incoming = kind(data=sent)
    try:
        valid = incoming.is_valid()
    except APIException as error:  # of what is too large
        assert error.status_code in (404, 413)
        return
    if valid:
        assert set(incoming.validated_data) <= set(incoming.fields)
        assert isinstance(incoming.validated_data.get("id"), UUID | None)
    else:
        assert isinstance(incoming.errors, ReturnDict)
        assert incoming.errors and set(incoming.errors) <= {*incoming.fields, "non_field_errors"}
        assert json.dumps(incoming.errors)


@given(strokes(), st.booleans())
def test_what_may_be_drawn_on_the_page_is_taken_as_it_is(drawn, with_image):
    sent = {"strokes": drawn} | ({"image": DRAWING} if with_image else {})
    incoming = serializers.SubmissionInput(data=sent)
    assert incoming.is_valid(), incoming.errors
    assert incoming.validated_data["strokes"] == drawn


@given(JSON)
def test_json_is_read_as_python_reads_it(value):
    body = json.dumps(value)
    try:
        assert StrictJSONParser().parse(io.BytesIO(body.encode()), None, {}) == value
    except ParseError as error:
        assert str(error.detail)


@given(st.binary(max_size=60))
def test_bytes_are_json_or_refused(body):
    try:
        StrictJSONParser().parse(io.BytesIO(body), None, {})
    except ParseError as error:
        assert str(error.detail)
