"""Pens, eraser, undo and redo, in a real browser."""

import numpy as np
import pytest
from playwright.sync_api import expect

from ml.decoding import decode
from predictor.models import Submission
from tests.support.samples import ONE, SEVEN
from tests.support.visitors import draw, ink, read

pytestmark = pytest.mark.django_db(transaction=True)


def test_undo_and_clear_by_button_and_by_key(paper):
    undo, clear = (paper.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    draw(paper, ONE)
    one = ink(paper)
    draw(paper, SEVEN)
    both = ink(paper)
    assert both > one > 0
    undo.click()
    assert ink(paper) == one
    clear.click()
    assert ink(paper) == 0
    undo.click()
    assert ink(paper) == one
    paper.keyboard.press("Escape")
    assert ink(paper) == 0
    paper.keyboard.press("Control+z")
    assert ink(paper) == one
    paper.keyboard.press("Control+z")
    assert ink(paper) == 0
    paper.keyboard.press("Control+z")
    assert ink(paper) == 0


def test_redo_by_button_and_by_key(paper):
    redo = paper.get_by_role("button", name="Redo")
    expect(redo).to_be_disabled()
    draw(paper, ONE)
    draw(paper, SEVEN)
    both = ink(paper)
    for key in ("", "Control+y", "Control+Shift+Z"):
        for _ in range(2):
            paper.keyboard.press("Control+z")
        assert ink(paper) == 0
        for _ in range(2):
            paper.keyboard.press(key) if key else redo.click()
        assert ink(paper) == both
        expect(redo).to_be_disabled()
    paper.keyboard.press("Control+z")
    draw(paper, ONE)
    expect(redo).to_be_disabled()


def test_what_was_read_can_be_added_to_and_is_then_another_drawing(paper):
    draw(paper, ONE)
    first = read(paper)
    draw(paper, SEVEN)
    expect(paper.locator("#details")).to_be_hidden()
    paper.keyboard.press("Enter")
    expect(paper.locator("#details")).to_be_visible()
    second = Submission.objects.latest("created_at")
    assert (len(first.strokes), len(second.strokes)) == (1, 2)
    first.refresh_from_db()
    assert len(first.strokes) == 1


def test_undo_and_redo_never_lose_what_was_read(paper):
    undo, redo = (paper.get_by_role("button", name=name) for name in ("Undo", "Redo"))
    draw(paper, ONE)
    draw(paper, SEVEN)
    both = ink(paper)
    first = read(paper)

    def shows_the_first():
        assert ink(paper) == both
        expect(paper.locator("#details-link")).to_have_attribute("href", first.get_absolute_url())
        expect(paper.locator("#details")).to_be_visible()

    for again in ("stroke", "Clear", "Draw another"):
        if again == "stroke":
            draw(paper, [[[40, 240], [250, 250]]])
        else:
            paper.get_by_role("button", name=again).click()
        expect(paper.locator("#details")).to_be_hidden()
        # Going back to what was read shows what was said of it, and sends nothing.
        undo.click()
        shows_the_first()
    undo.click()
    expect(paper.locator("#details")).to_be_hidden()
    redo.click()
    shows_the_first()
    # What was undone gives way to a new stroke, but not an answer.
    undo.click()
    draw(paper, [[[40, 240], [250, 250]]])
    expect(redo).to_be_disabled()
    undo.click()
    undo.click()
    shows_the_first()
    assert Submission.objects.count() == 1


def test_three_pens_are_remembered(paper):
    medium = paper.get_by_label("Medium pen")
    expect(medium).to_be_checked()
    thin, thick = (paper.get_by_label(f"{name} pen") for name in ("Thin", "Thick"))
    inks = []
    for pen in (thin, medium, thick):
        pen.check()
        draw(paper, ONE)
        inks.append(ink(paper))
        paper.keyboard.press("Escape")
    assert inks[1] / inks[0] == pytest.approx(18 / 10, rel=0.1)
    assert inks[2] / inks[1] == pytest.approx(28 / 18, rel=0.1)
    thin.press("ArrowLeft")  # round to the eraser, as in any group of radio buttons
    expect(paper.get_by_label("Eraser")).to_be_checked()
    paper.reload()
    expect(thick).to_be_checked()


def test_a_drawing_may_have_lines_of_several_widths(paper):
    for pen, x in (("Thin pen", 80), ("Thick pen", 200)):
        paper.get_by_label(pen).check()
        draw(paper, [[[x, x], [60, 220]]])
    paper.reload()
    row = 255 - decode(bytes(read(paper).drawing))[140, :, 0].astype(int)
    assert row[:140].sum() / 255 == pytest.approx(10, abs=0.6)
    assert row[140:].sum() / 255 == pytest.approx(28, abs=0.6)


def test_the_eraser_takes_ink_and_undo_brings_it_back(paper):
    undo = paper.get_by_role("button", name="Undo")
    draw(paper, ONE)
    draw(paper, [[[200, 200], [60, 220]]])
    before = ink(paper)
    paper.get_by_label("Eraser").check()
    draw(paper, [[[40, 40], [60, 220]]])  # where nothing is
    assert ink(paper) == before
    draw(paper, [[[100, 180], [140, 140]]])
    erased = ink(paper)
    assert erased < before * 0.95
    undo.click()
    assert ink(paper) == before
    undo.click()
    assert ink(paper) < erased  # the second line, since rubbing on bare paper is no step
    for _ in range(2):
        paper.get_by_role("button", name="Redo").click()
    assert ink(paper) == erased
    drawing = read(paper)
    assert len(drawing.strokes) == 3
    assert decode(bytes(drawing.drawing))[140, 140, 0] == 255


def test_erasing_from_what_was_read_makes_another_drawing(paper):
    draw(paper, ONE)
    first = read(paper)
    paper.get_by_label("Eraser").check()
    draw(paper, [[[30, 30], [60, 220]]])
    expect(paper.locator("#details")).to_be_visible()
    draw(paper, [[[100, 180], [60, 60]]])
    expect(paper.locator("#details")).to_be_hidden()
    paper.keyboard.press("Control+z")
    expect(paper.locator("#details-link")).to_have_attribute("href", first.get_absolute_url())


def test_on_empty_paper_a_pen_is_in_hand(paper):
    draw(paper, ONE)
    paper.get_by_label("Thick pen").check()
    paper.get_by_label("Eraser").check()
    paper.get_by_role("button", name="Clear").click()
    expect(paper.get_by_label("Thick pen")).to_be_checked()


NOISE = """(lowest) => {
    const { getImageData } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.getImageData = function (...box) {
        const image = getImageData.apply(this, box);
        for (let i = 0; i < image.data.length; i += 97) image.data[i] ^= lowest ? 1 : i % 256;
        return image;
    };
    HTMLCanvasElement.prototype.toDataURL = () => "data:image/png;base64,AAAA";
}"""


@pytest.mark.parametrize("lowest", ["true", "false"], ids=["of the lowest bits", "of all bits"])
def test_where_the_canvas_is_noise_the_strokes_alone_are_sent(new_page, lowest):
    drawings = []
    for script in ("() => {}", NOISE):
        page = new_page()
        page.add_init_script(f"({script})({lowest})")
        page.goto("/")
        draw(page)
        drawings.append(read(page))
    told, hidden = drawings
    assert (told.digit, hidden.digit, hidden.is_digit) == (7, 7, True)
    pixels = [np.frombuffer(bytes(one.pixels), np.uint8).astype(int) for one in drawings]
    assert np.abs(pixels[0] - pixels[1]).mean() < 2


def test_undo_takes_back_stroke_by_stroke_after_the_page_was_loaded_anew(paper):
    undo, clear = (paper.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    for tool in (undo, clear):
        expect(tool).to_be_disabled()
    draw(paper, ONE)
    one = ink(paper)
    draw(paper, SEVEN)
    paper.reload()
    undo.click()
    assert ink(paper) == one
    undo.click()
    assert ink(paper) == 0
    for tool in (undo, clear):
        expect(tool).to_be_disabled()
