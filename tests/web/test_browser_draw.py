"""The paper, in a real browser against a real server."""

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from ml.decoding import decode
from ml.strokes import from_lists, paint
from predictor.models import Label, Pointer, Submission
from predictor.registry import serving
from predictor.templatetags.drawings import advice, described
from tests.support.samples import ONE, SEVEN
from tests.support.visitors import draw, ink, intercept, on_screen, read, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def hold(page: Page, method: str) -> list[Route]:
    """The first request of that kind stays on the line, in the list, until it is let go."""
    held = []

    def stop(route: Route) -> None:
        if route.request.method == method and not held:
            held.append(route)
        else:
            route.continue_()

    intercept(page, "**/api/v1/submissions/**", stop)
    return held


def test_a_visitor_draws_says_it_was_wrong_and_finds_it_in_the_history(paper):
    draw(paper)
    drawing = read(paper)
    expect(paper.get_by_role("status").first).to_contain_text(described(drawing))
    rows = paper.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(10)
    for row, share in zip(rows.all(), drawing.probabilities, strict=True):
        assert row.locator("meter").evaluate("meter => meter.value") == pytest.approx(share)
    expect(paper.locator("#pixels")).to_have_js_property("naturalWidth", 28)

    paper.get_by_role("button", name="No", exact=True).click()
    truth = (drawing.digit + 1) % 10
    paper.get_by_role("button", name=str(truth), exact=True).click()
    expect(paper.get_by_text(f"Thank you! You said that it is {truth}.")).to_be_visible()
    drawing.refresh_from_db()
    assert drawing.visitor_label == truth

    paper.get_by_role("link", name="My drawings").click()
    card = paper.locator(".card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text(f"You said: {truth}")
    expect(card.locator("svg")).to_be_visible()
    card.get_by_role("link").click()
    assert paper.url.endswith(drawing.get_absolute_url())
    expect(paper.get_by_text(f"You said: {truth}.")).to_be_visible()


def test_the_site_is_told_by_what_it_was_drawn(paper):
    draw(paper)
    drawing = read(paper)
    width = paper.locator("#canvas").evaluate("canvas => canvas.clientWidth")
    assert (drawing.pointer, drawing.canvas) == (Pointer.MOUSE, width)


def test_a_visitor_says_that_it_was_right_and_changes_their_mind(paper):
    draw(paper)
    drawing = read(paper)
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("Thank you!")
    drawing.refresh_from_db()
    assert drawing.visitor_label == drawing.predicted
    paper.get_by_role("button", name="No", exact=True).click()
    paper.get_by_role("button", name="Not a digit").click()
    expect(paper.locator("#label-status")).to_contain_text("not a digit")
    drawing.refresh_from_db()
    assert drawing.visitor_label == Label.NOT_A_DIGIT


def test_it_says_when_it_thinks_that_it_is_no_digit(paper, monkeypatch):
    monkeypatch.setattr(serving.network(), "digit_threshold", 2)
    draw(paper)
    drawing = read(paper)
    expect(paper.locator("#prediction")).to_have_text(
        f"This doesn’t look like a digit. {advice(drawing)}"
    )
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("not a digit")
    drawing.refresh_from_db()
    assert drawing.visitor_label == Label.NOT_A_DIGIT


def test_what_is_sent_is_the_strokes_painted_whatever_the_screen(new_page):
    drawings = []
    for screen in (
        {"device_scale_factor": 1, "color_scheme": "light"},
        {"device_scale_factor": 3, "color_scheme": "dark"},
    ):
        page = new_page(**screen)
        page.goto("/")
        draw(page)
        width = page.locator("#canvas").evaluate("paper => paper.width / paper.clientWidth")
        assert width == pytest.approx(screen["device_scale_factor"], abs=0.01)
        drawings.append(read(page))
    one, other = drawings
    assert bytes(one.drawing) == bytes(other.drawing)
    assert bytes(one.pixels) == bytes(other.pixels)

    sent = decode(bytes(one.drawing))
    assert sent.shape == (280, 280, 3)
    assert sent.min() == 0 and sent.max() == 255
    painted = 255 - paint(from_lists(one.strokes))
    assert np.abs(sent[..., 0].astype(int) - painted).mean() < 1
    [[xs, ys, ts]] = one.strokes
    assert all(type(value) is int for value in xs + ys + ts)
    assert ts[0] == 0 and ts == sorted(ts)
    assert (xs[0], ys[0]) == (SEVEN[0][0][0], SEVEN[0][1][0])


def test_turning_the_screen_keeps_the_drawing(paper):
    draw(paper)
    before = ink(paper)
    canvas = paper.locator("#canvas")
    width = canvas.evaluate("canvas => canvas.width")
    paper.set_viewport_size({"width": 360, "height": 640})
    expect(canvas).not_to_have_js_property("width", width)  # it is told of its size a moment later
    assert canvas.evaluate("canvas => canvas.width") < 360
    assert ink(paper) == pytest.approx(before, rel=0.03)


def test_loading_the_page_anew_keeps_what_was_not_read(paper):
    draw(paper)
    before = ink(paper)
    paper.reload()
    assert ink(paper) == before
    read(paper)
    paper.reload()
    assert ink(paper) == 0


def test_who_comes_back_to_an_answer_finds_it(paper):
    draw(paper)
    before = ink(paper)
    drawing = read(paper)
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("Thank you!")
    paper.get_by_role("link", name="Everything").click()
    paper.wait_for_url(f"**{drawing.get_absolute_url()}")
    paper.go_back()
    expect(paper.locator("#details-link")).to_have_attribute("href", drawing.get_absolute_url())
    expect(paper.locator("#label-status")).to_contain_text("Thank you!")
    assert ink(paper) == before


def test_while_it_reads_the_paper_and_the_tools_show_that_they_wait(paper):
    held = hold(paper, "POST")
    draw(paper)
    before = ink(paper)
    button = paper.locator("#submit")
    button.click()
    expect(button).to_have_text("Saving…")
    for tool in ("#undo", "#clear", "#submit"):
        expect(paper.locator(tool)).to_be_disabled()
    canvas = paper.locator("#canvas")
    expect(canvas).to_have_attribute("aria-busy", "true")
    expect(canvas).to_have_css("cursor", "progress")
    draw(paper, ONE)
    assert ink(paper) == before
    wait_until(paper, lambda: held)
    held[0].continue_()
    expect(button).to_have_text("Draw another")
    expect(button).to_be_enabled()
    expect(canvas).to_have_attribute("aria-busy", "false")
    button.click()
    assert ink(paper) == 0
    expect(button).to_have_text("Save")


def test_of_what_was_said_the_last_is_kept_however_slow_the_line(paper):
    draw(paper)
    drawing = read(paper)
    yes, no = (paper.get_by_role("button", name=name, exact=True) for name in ("Yes", "No"))
    wrong, truth = ((drawing.digit + step) % 10 for step in (1, 2))
    held = hold(paper, "PATCH")
    yes.click()
    no.click()
    for value in (wrong, truth):
        paper.get_by_role("button", name=str(value), exact=True).click()
    chosen = paper.locator("#choices [aria-current]")
    expect(chosen).to_have_text(str(truth))
    expect(paper.locator("#label-status")).to_have_text("Saving…")
    wait_until(paper, lambda: held)
    held[0].continue_()
    expect(paper.locator("#label-status")).to_have_text(f"Thank you! You said that it is {truth}.")
    expect(chosen).to_have_text(str(truth))
    drawing.refresh_from_db()
    assert drawing.visitor_label == truth


def test_a_lost_claim_does_not_keep_the_next_from_being_heard(paper, problems):
    draw(paper)
    drawing = read(paper)
    truth = (drawing.digit + 1) % 10
    held = hold(paper, "PATCH")
    paper.get_by_role("button", name="Yes").click()
    paper.get_by_role("button", name="No", exact=True).click()
    paper.get_by_role("button", name=str(truth), exact=True).click()
    wait_until(paper, lambda: held)
    held[0].abort("connectionreset")
    expect(paper.locator("#label-status")).to_have_text(f"Thank you! You said that it is {truth}.")
    drawing.refresh_from_db()
    assert drawing.visitor_label == truth
    problems.clear()


def test_who_leaves_the_page_at_once_is_heard_all_the_same(paper):
    draw(paper)
    drawing = read(paper)
    truth = (drawing.digit + 1) % 10
    held = hold(paper, "PATCH")
    paper.get_by_role("button", name="Yes").click()
    paper.get_by_role("button", name="No", exact=True).click()
    paper.get_by_role("button", name=str(truth), exact=True).click()
    wait_until(paper, lambda: held)
    paper.get_by_role("link", name="My drawings").click()
    paper.wait_for_url("**/history/")
    wait_until(paper, lambda: Submission.objects.get(pk=drawing.pk).visitor_label == truth)


def test_it_says_when_a_drawing_can_no_longer_be_found(paper, problems):
    draw(paper)
    read(paper)
    Submission.objects.all().delete()
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("The site can't find this drawing.")
    expect(paper.locator("#label-status")).to_contain_text("cookies")
    problems.clear()


def test_three_bars_are_shown_and_all_ten_on_request(paper):
    draw(paper)
    read(paper)
    bars = paper.locator(".probabilities tbody tr:visible")
    expect(bars).to_have_count(3)
    paper.get_by_label("Show all ten").check()
    expect(bars).to_have_count(10)
    paper.get_by_label("Show all ten").uncheck()
    expect(bars).to_have_count(3)


@pytest.mark.parametrize("key", ["n", "Enter"])
def test_a_key_takes_a_new_sheet_after_an_answer(paper, key):
    draw(paper)
    paper.keyboard.press("n")
    assert ink(paper) > 0  # only what has been read is put aside
    read(paper)
    expect(paper.locator("#submit")).to_be_enabled()
    paper.locator("#main").focus()
    paper.keyboard.press(key)
    expect(paper.locator("#details")).to_be_hidden()
    assert ink(paper) == 0
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("strokes", "says"),
    [([], "The paper is still empty."), ([[[140, 146], [140, 146]]], "That is very small.")],
)
def test_it_asks_kindly_for_a_drawing(paper, strokes, says):
    draw(paper, strokes)
    paper.get_by_role("button", name="Save").click()
    expect(paper.get_by_role("alert")).to_contain_text(says)
    assert not Submission.objects.exists()


def test_a_pen_that_leaves_the_paper_draws_to_its_edge_and_on_where_it_returns(paper):
    for x, y, press in ((140, 140, True), (330, 140, None), (330, 220, None), (140, 220, False)):
        paper.mouse.move(*on_screen(paper, x, y), steps=10)
        if press is not None:
            (paper.mouse.down if press else paper.mouse.up)()
    paper.mouse.move(*on_screen(paper, 20, 20))  # no longer pressed
    drawing = read(paper)
    out, back = drawing.strokes
    assert out[0][-1] == 280 and set(out[1]) == {140}
    assert back[0][-1] == 140 and set(back[1]) == {220}
    assert max(back[0]) <= 280
