import cv2
import numpy as np
import pytest

from ml import decoding, paper, preprocessing, runtime
from ml.corruptions import CORRUPTIONS
from ml.strokes import place, render
from tests.support.digits import DIGITS, ink


@pytest.fixture(scope="module")
def network():
    [folder] = [path.parent for path in runtime.ARTIFACTS.glob("*/metadata.json")]
    return runtime.Network.load(folder)


def drawing(digit, pen=12):
    return render(place(DIGITS[digit], canvas=280, pen=pen), canvas=280, pen=pen)


def show_nothing(name, picture):
    pass


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_digit_is_read_from_each_kind_of_picture(network, kind):
    chance = np.random.default_rng(1)
    pictures = [
        preprocessing.preprocess(CORRUPTIONS[kind](drawing(digit), chance)) for digit in range(10)
    ]
    answers = network.predict(np.stack(pictures))
    read = [answer.digit == digit and answer.is_digit for digit, answer in enumerate(answers)]
    # Eight pixels a side are not enough for every digit.
    assert sum(read) >= (5 if kind == "tiny" else 9)


@pytest.mark.parametrize("pen", [6, 18, 30])
@pytest.mark.parametrize("digit", range(10))
def test_a_drawing_on_the_canvas_is_not_taken_for_a_picture(monkeypatch, digit, pen):
    monkeypatch.setattr(paper, "find", None)  # to call it is an error
    assert preprocessing.preprocess(255 - drawing(digit, pen)).any()


def test_two_digits_stay_two(network):
    both = np.hstack([drawing(3), drawing(5)])
    picture = CORRUPTIONS["ruled"](both, np.random.default_rng(0))
    [answer] = network.predict(preprocessing.preprocess(picture)[None])
    assert not answer.is_digit


@pytest.mark.parametrize("kind", ["ruled", "squared", "vignette", "desk", "specks"])
def test_paper_without_a_digit_is_told(network, kind):
    blank = np.zeros((280, 280), np.uint8)
    try:
        pixels = preprocessing.preprocess(CORRUPTIONS[kind](blank, np.random.default_rng(3)))
    except decoding.DrawingError:
        return
    assert not network.predict(pixels[None])[0].is_digit


def test_a_light_digit_on_dark_and_a_dark_one_on_light_come_out_alike():
    page = CORRUPTIONS["gradient"](drawing(2), np.random.default_rng(0))
    dark, light = preprocessing.preprocess(page), preprocessing.preprocess(255 - page)
    assert np.corrcoef(dark.ravel(), light.ravel())[0, 1] > 0.9


def test_perspective_is_undone():
    page = np.full((300, 300, 3), (90, 60, 40), np.uint8)
    sheet = cv2.cvtColor(255 - drawing(7), cv2.COLOR_GRAY2RGB)
    seen = np.array([(40, 60), (230, 20), (270, 270), (70, 250)], np.float32)
    corners = np.array([(0, 0), (280, 0), (280, 280), (0, 280)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    cv2.warpPerspective(sheet, matrix, (300, 300), page, borderMode=cv2.BORDER_TRANSPARENT)
    found, straight = preprocessing.preprocess(page), preprocessing.preprocess(255 - drawing(7))
    assert np.corrcoef(found.ravel(), straight.ravel())[0, 1] > 0.7


def test_each_step_can_be_looked_at():
    picture = CORRUPTIONS["ruled"](drawing(4), np.random.default_rng(0))
    steps = preprocessing.steps(picture)
    assert list(steps) == [
        "decoded", "picture", "page", "evened out", "ink", "without lines", "digit", "drawn",
        "centered",
    ]  # fmt: skip
    assert {step.dtype.name for step in steps.values()} == {"uint8"}
    assert np.array_equal(steps["centered"], preprocessing.preprocess(picture))
    assert list(preprocessing.steps(255 - ink(4))) == ["decoded", "drawn", "centered"]
