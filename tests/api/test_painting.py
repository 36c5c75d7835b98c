"""Strokes without an image are painted, just as the page shows them."""

import json

import numpy as np
import pytest

from ml.decoding import decode
from ml.preprocessing import preprocess
from ml.strokes import from_lists, paint, place
from predictor.models import Submission
from tests.support.digits import DIGITS
from tests.support.samples import ONE, SEVEN

pytestmark = pytest.mark.django_db
URL = "/api/v1/submissions/"


def send(client, **body):
    return client.post(URL, json.dumps(body), "application/json")


@pytest.mark.parametrize("width", [10, 18, 28])
def test_strokes_alone_are_read_and_kept_as_a_picture(client, width):
    for digit in range(10):
        strokes = [np.rint(points).T.tolist() for points in place(DIGITS[digit])]
        widths = [width] * len(strokes)
        answer = send(client, strokes=strokes, widths=widths)
        assert answer.status_code == 201
        prediction = answer.json()["prediction"]
        assert (prediction["digit"], prediction["is_digit"]) == (digit, True)
        stored = Submission.objects.get(pk=answer.json()["id"])
        picture = 255 - paint(from_lists(strokes), widths)
        assert np.array_equal(decode(bytes(stored.drawing)), picture)
        assert bytes(stored.pixels) == preprocess(picture).tobytes()
        assert (stored.strokes, stored.widths) == (strokes, widths)


def test_each_stroke_has_its_own_width(client):
    two = [[[60, 60], [60, 220]], [[200, 200], [60, 220]]]
    send(client, strokes=two, widths=[8, 24.5])
    ink = 255 - decode(bytes(Submission.objects.get().drawing))[140].astype(int)
    assert ink[:140].sum() / 255 == pytest.approx(8, abs=0.6)
    assert ink[140:].sum() / 255 == pytest.approx(24.5, abs=0.6)


@pytest.mark.parametrize("body", [{}, {"widths": []}, {"widths": [18, 40]}])
def test_where_widths_are_left_out_the_pen_is_the_medium_one(client, body):
    assert send(client, strokes=ONE, **body).status_code == 201
    ink = 255 - decode(bytes(Submission.objects.get().drawing))[140].astype(int)
    assert ink.sum() / 255 == pytest.approx(18, abs=0.6)


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "image"),
        ({"strokes": None}, "image"),
        ({"strokes": []}, "image"),
        ({"image": None, "strokes": SEVEN}, "image"),
        ({"strokes": [[[0, 281], [0, 1]]]}, "strokes"),
        ({"strokes": [[[0, 1], [-1, 1]]]}, "strokes"),
        ({"strokes": [[[1e11, 1], [1, 1]]]}, "strokes"),
        *(
            ({"strokes": SEVEN, "widths": widths}, "widths")
            for widths in (None, 7, "18", {}, ["18"], [True], [None], [0.9], [41])
        ),
        ({"strokes": SEVEN, "widths": [1e999]}, "detail"),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_cannot_be_painted_is_refused(client, body, field):
    answer = send(client, **body)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not Submission.objects.exists()


def test_strokes_alone_that_are_sent_again_are_kept_once(client):
    id = "11111111-2222-3333-4444-555555555555"
    statuses = [send(client, strokes=SEVEN, id=id).status_code for _ in range(2)]
    assert statuses == [201, 200]
