"""Browsers that hide who is drawing answer with noise when they are asked for the canvas."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from ml.decoding import decode
from ml.preprocessing import preprocess
from ml.strokes import from_lists, paint, place
from predictor.models import Submission
from tests.support.digits import DIGITS, encoded

pytestmark = pytest.mark.django_db
URL = "/api/v1/submissions/"


def drawn(digit):
    """Strokes as the page sends them, and its canvas: uint8 (280, 280, 4)."""
    strokes = [np.rint(points).T.tolist() for points in place(DIGITS[digit])]
    grey = 255 - paint(from_lists(strokes))
    return strokes, np.dstack([grey, grey, grey, np.full_like(grey, 255)])


def random_pixels(canvas, rng):
    return rng.integers(0, 256, canvas.shape, np.uint8)


def random_colours(canvas, rng):
    return np.dstack([rng.integers(0, 256, (280, 280, 3), np.uint8), canvas[..., 3]])


def pattern(canvas, rng):
    return np.tile(rng.integers(0, 256, 32, np.uint8), 280 * 35).reshape(canvas.shape)


def one_colour(canvas, rng):
    return np.full_like(canvas, 255)


def lowest_bits(canvas, rng):
    flipped = rng.random(canvas.shape) < 0.3
    flipped[..., 3] = False
    return np.where(flipped, canvas ^ 1, canvas)


def some_shades(canvas, rng):
    shaken = canvas.astype(int) + rng.integers(-3, 4, canvas.shape)
    return np.dstack([np.clip(shaken[..., :3], 0, 255).astype(np.uint8), canvas[..., 3]])


NOISE = [random_pixels, random_colours, pattern, one_colour]
SHAKEN = [lowest_bits, some_shades]


def send(client, canvas, strokes):
    image = base64.b64encode(encoded(Image.fromarray(canvas))).decode()
    return client.post(URL, {"image": image, "strokes": strokes}, "application/json")


@pytest.mark.parametrize("noise", NOISE)
def test_what_is_noise_is_painted_from_its_strokes(client, noise):
    for digit in range(10):
        strokes, canvas = drawn(digit)
        answer = send(client, noise(canvas, np.random.default_rng(digit)), strokes).json()
        assert (answer["prediction"]["digit"], answer["prediction"]["is_digit"]) == (digit, True)
        stored = Submission.objects.get(pk=answer["id"])
        assert np.array_equal(decode(bytes(stored.drawing)), canvas[..., 0])
        assert bytes(stored.pixels) == preprocess(canvas[..., :3].copy()).tobytes()
        assert stored.strokes == strokes


@pytest.mark.parametrize("noise", SHAKEN)
def test_what_was_only_shaken_is_read_and_kept_as_it_came(client, noise):
    for digit in range(10):
        strokes, canvas = drawn(digit)
        shaken = noise(canvas, np.random.default_rng(digit))
        answer = send(client, shaken, strokes).json()
        assert (answer["prediction"]["digit"], answer["prediction"]["is_digit"]) == (digit, True)
        stored = Submission.objects.get(pk=answer["id"])
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(bytes(stored.drawing)))), shaken)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("scale", [1 / 280, 0.05, 4, -1])
def test_strokes_of_another_canvas_are_not_painted(client, noise, scale):
    strokes, canvas = drawn(7)
    strokes = [[[value * scale for value in axis] for axis in stroke] for stroke in strokes]
    noisy = noise(canvas, np.random.default_rng(0))
    answer = send(client, noisy, strokes)
    if noise is one_colour:
        assert answer.status_code == 400
    else:
        stored = bytes(Submission.objects.get().drawing)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(stored))), noisy)


def test_an_image_wins_over_strokes_that_say_something_else(client):
    strokes, _ = drawn(1)
    _, canvas = drawn(4)
    assert send(client, canvas, strokes).json()["prediction"]["digit"] == 4
    # Nothing but the canvas of the page is ever taken for noise.
    noise = np.random.default_rng(0).integers(0, 256, (300, 280, 4), np.uint8)
    stored = Submission.objects.get(pk=send(client, noise, strokes).json()["id"])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(bytes(stored.drawing)))), noise)


def test_noise_without_strokes_is_what_it_is(client):
    _, canvas = drawn(7)
    noise = random_pixels(canvas, np.random.default_rng(0))
    for strokes in (None, []):
        assert not send(client, noise, strokes).json()["prediction"]["is_digit"]
