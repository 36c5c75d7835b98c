"""The pen's modules by themselves: what strokes look like, and what the eraser leaves of them."""

from typing import Any

import numpy as np
import pytest
from django.templatetags.static import static
from playwright.sync_api import Page

from ml.arrays import UInt8Array
from ml.preprocessing import preprocess
from ml.strokes import from_lists, paint, place
from tests.support.digits import DIGITS

pytestmark = pytest.mark.django_db(transaction=True)

RENDER = """(strokes) => {
    const context = new OffscreenCanvas(280, 280).getContext("2d");
    module.renderStrokes(context, strokes);
    const { data } = context.getImageData(0, 0, 280, 280);
    return Array.from({ length: 280 * 280 }, (_, i) => data[4 * i + 3]);
}"""
# Each path of the eraser in one movement.
ERASE = """([strokes, paths, radius]) => {
    const drawing = { strokes };
    const eraser = new module.Eraser(drawing, radius);
    for (const [x, y] of paths) eraser.addPoint({ x, y });
    const same = drawing.strokes.filter((stroke) => strokes.includes(stroke)).length;
    return [drawing.strokes, same, eraser.hasChanged];
}"""
LINE = [[40, 240], [140, 140], [0, 200], 18]


@pytest.fixture
def run(page: Page):
    """run("strokes.js", function, argument): with the file's exports as `module`."""
    page.goto("/history/")

    def evaluate(name: str, function: str, argument: Any) -> Any:
        url = static(f"js/draw/{name}")
        script = f"async (argument) => {{ const module = await import('{url}');"
        return page.evaluate(f"{script} return ({function})(argument); }}", argument)

    return evaluate


def in_browser(run, strokes: list[Any]) -> UInt8Array:
    painted = run("strokes.js", RENDER, strokes)
    return np.array(painted, np.uint8).reshape(280, 280)


def by_server(strokes: list[Any]) -> UInt8Array:
    return paint(from_lists(strokes), [stroke[3] for stroke in strokes])


def with_pen(points: list[Any], *widths: float) -> list[Any]:
    return [
        [*np.rint(stroke).astype(int).T.tolist(), [0] * len(stroke), widths[i % len(widths)]]
        for i, stroke in enumerate(points)
    ]


def test_the_server_paints_what_the_page_shows(run):
    strokes = [with_pen(place(DIGITS[digit]), 10, 18, 28) for digit in range(10)]
    scribble = np.random.default_rng(0).integers(20, 260, (8, 2))
    dots = [[[50, 50, 50], [60, 60, 60], [0, 1, 2], 28], [[200], [200], [0], 10]]
    for drawing in [*strokes, with_pen([scribble], 10), dots]:
        browsers, ours = in_browser(run, drawing), by_server(drawing)
        assert np.abs(ours.astype(int) - browsers).mean() < 1
        assert np.abs(preprocess(ours).astype(int) - preprocess(browsers)).mean() < 2


def test_curves_are_smooth_and_corners_stay_corners(run):
    angles = np.linspace(0, 2 * np.pi, 17)
    circle = np.stack([140 + 80 * np.cos(angles), 140 + 80 * np.sin(angles)], 1)
    corner = np.array([[40, 240], [40, 40], [240, 40]])
    ys, xs = np.nonzero(in_browser(run, with_pen([circle], 10)) > 127)
    radii = np.hypot(xs + 0.5 - 140, ys + 0.5 - 140)
    assert radii.min() == pytest.approx(74, abs=2) and radii.max() == pytest.approx(84, abs=2)
    for picture in (in_browser(run, with_pen([corner], 10)), by_server(with_pen([corner], 10))):
        assert picture[46, 46] == 255
        assert not picture[36, 36]


def test_the_eraser_cuts_the_ink_that_it_touches(run):
    [left, right], same, changed = run("eraser.js", ERASE, [[LINE], [[140, 100], [140, 180]], 10])
    assert changed and same == 0
    assert left[0][0] == 40 and right[0][-1] == 240
    # The ink ends, caps included, where the eraser's edge was.
    assert left[0][-1] + 9 == pytest.approx(130, abs=4)
    assert right[0][0] - 9 == pytest.approx(150, abs=4)
    assert left[3] == right[3] == 18
    assert left[2] + right[2] == sorted(left[2] + right[2])


@pytest.mark.parametrize(
    "path", [[[140, 160]], [[20, 20], [260, 20]]], ids=["beside the ink", "far away"]
)
def test_the_eraser_leaves_what_it_does_not_touch(run, path):
    assert run("eraser.js", ERASE, [[LINE], path, 10]) == [[LINE], 1, False]


def test_of_several_strokes_only_the_touched_ones_change(run):
    dot = [[200], [40], [0], 28]
    strokes, same, _ = run("eraser.js", ERASE, [[LINE, dot], [[200, 60]], 10])
    assert (strokes, same) == ([LINE], 1)


def test_what_is_cut_looks_as_before_where_it_was_not_touched(run):
    drawing = with_pen(place(DIGITS[3]), 18)
    before = in_browser(run, drawing).astype(int)
    strokes, *_ = run("eraser.js", ERASE, [drawing, [[0, 140], [280, 140]], 8])
    after = in_browser(run, strokes).astype(int)
    assert not after[134:146].any()
    far = np.r_[0:120, 160:280]
    assert np.abs(before[far] - after[far]).mean() < 0.5


def test_erasing_again_and_again_makes_no_more_points(run):
    strokes = [LINE]
    for y in range(4):
        strokes, *_ = run("eraser.js", ERASE, [strokes, [[140, 100 + y], [140, 180]], 10])
    assert len(strokes) == 2
    assert sum(len(stroke[0]) for stroke in strokes) < 60
