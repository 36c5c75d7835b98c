import cv2
import numpy as np
import pytest

from ml import decoding, paper, preprocessing, runtime
from ml.corruptions import CORRUPTIONS
from ml.ruling import without_lines
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


def test_ink_along_the_edge_of_the_canvas_is_part_of_the_drawing(monkeypatch):
    monkeypatch.setattr(paper, "find", None)
    canvas = np.full((280, 280), 255, np.uint8)
    canvas[110:270, 262:] = canvas[262:, 110:] = 0  # a quarter of the border and more
    assert preprocessing.preprocess(canvas).any()


@pytest.mark.parametrize("spoiled", ["dust", "box", "line", "sheet"])
def test_what_no_pen_of_the_page_draws_is_taken_away_on_white_too(spoiled):
    clean = 255 - drawing(7)
    picture = clean.copy()
    if spoiled == "dust":
        picture[[8, 9, 270], [270, 271, 8]] = 0
    elif spoiled == "box":
        cv2.rectangle(picture, (20, 20), (260, 260), 0, 2)
    elif spoiled == "line":
        picture[200:202] = 0
    else:
        picture = np.pad(clean // 2, 60, constant_values=255)
    found, wanted = preprocessing.preprocess(picture), preprocessing.preprocess(clean)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.9


def test_scattered_noise_leaves_no_trace():
    clean = drawing(3)
    picture, chance = 255 - clean, np.random.default_rng(0).random(clean.shape)
    picture[chance < 0.03], picture[chance > 0.97] = 0, 255
    found, wanted = preprocessing.preprocess(picture), preprocessing.preprocess(255 - clean)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.95
    assert found[0].max() < 30  # beside the digit


def test_in_noise_no_lines_are_sought():
    noise = np.random.default_rng(0).integers(0, 2, (300, 300), np.uint8)
    assert without_lines(noise) is noise


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
    steps = preprocessing.steps(255 - ink(4))
    assert list(steps) == ["decoded", "ink", "drawn", "centered"]
    x, y, width, height = cv2.boundingRect(steps["ink"])
    assert steps["drawn"].shape == (height, width)
    assert set(np.unique(steps["ink"])) == {0, 255}


def test_a_filled_disc_is_a_drawing_though_no_paper_looks_like_it():
    disc = np.zeros((280, 280), np.uint8)
    cv2.circle(disc, (140, 140), 100, 255, -1)
    assert (preprocessing.preprocess(255 - disc)[8:20, 8:20] == 255).all()
