"""The paper, in a real browser against a real server."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from ml.decoding import decode
from ml.strokes import from_lists, paint
from predictor.api.throttling import SubmitThrottle
from predictor.models import Label, Submission
from predictor.registry import serving
from predictor.templatetags.drawings import advice, described
from tests.support.samples import ONE, SEVEN
from tests.support.visitors import draw, on_screen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paper(page) -> Page:
    page.goto("/")
    return page


def read(page: Page) -> Submission:
    """Presses the button and waits for the answer."""
    with page.expect_response("**/api/v1/submissions/") as answer:
        page.get_by_role("button", name="Save").click()
    expect(page.locator("#details")).to_be_visible()
    return Submission.objects.get(pk=answer.value.json()["id"])


def hold(page: Page, method: str) -> list[Route]:
    """The first request of that kind stays on the line, in the list, until it is let go."""
    held = []

    def stop(route: Route) -> None:
        if route.request.method == method and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/submissions/**", stop)
    return held


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        page.wait_for_timeout(20)
    pytest.fail("it never came to that")


def ink(page: Page) -> float:
    """How much of the paper is drawn on."""
    return page.evaluate(
        """() => new Promise((resolve) => requestAnimationFrame(() => {
            const paper = document.getElementById("canvas");
            const { data } = paper.getContext("2d").getImageData(0, 0, paper.width, paper.height);
            resolve(data.filter((value, i) => i % 4 === 3 && value > 127).length / data.length * 4);
        }))"""
    )


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
    card = paper.get_by_role("listitem")
    expect(card).to_have_count(1)
    expect(card).to_contain_text(f"You said: {truth}")
    expect(card.locator("img")).to_have_js_property("naturalWidth", 28)
    card.get_by_role("link").click()
    assert paper.url.endswith(drawing.get_absolute_url())
    expect(paper.get_by_text(f"You said: {truth}.")).to_be_visible()


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


def test_a_double_click_sends_once(paper):
    sent = []
    paper.on("request", lambda request: request.method == "POST" and sent.append(request))
    draw(paper)
    paper.get_by_role("button", name="Save").dblclick()
    expect(paper.locator("#details")).to_be_visible()
    paper.keyboard.press("Enter")
    assert len(sent) == 1
    assert Submission.objects.count() == 1


def test_the_second_half_of_a_double_click_takes_no_answer_away(paper):
    draw(paper)
    paper.evaluate(
        """() => {
            const details = document.getElementById("details");
            const press = () => details.hidden || document.getElementById("submit").click();
            new MutationObserver(press).observe(details, { attributes: true });
        }"""
    )
    read(paper)
    expect(paper.locator("#submit")).to_have_text("Draw another")
    expect(paper.locator("#submit")).to_be_enabled()
    expect(paper.locator("#details")).to_be_visible()


def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_doubled(paper, problems):
    def lose(route):
        route.fetch()
        route.abort("connectionreset")

    paper.route("**/api/v1/submissions/", lose)
    draw(paper)
    before = ink(paper)
    paper.get_by_role("button", name="Save").click()
    expect(paper.get_by_role("alert")).to_contain_text("did not answer")
    assert ink(paper) == before
    stored = Submission.objects.get()

    paper.unroute("**/api/v1/submissions/")
    assert read(paper) == stored
    assert Submission.objects.count() == 1
    expect(paper.get_by_role("alert")).to_be_empty()
    problems.clear()


def test_without_a_connection_nothing_is_lost(paper, problems):
    draw(paper)
    paper.context.set_offline(True)
    paper.get_by_role("button", name="Save").click()
    expect(paper.get_by_role("alert")).to_contain_text("nothing is lost")
    paper.context.set_offline(False)
    read(paper)

    paper.context.set_offline(True)
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("did not answer")
    paper.context.set_offline(False)
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("Thank you!")
    assert Submission.objects.get().visitor_label is not None
    problems.clear()


def test_a_busy_site_is_waited_for_with_a_countdown_and_without_a_reproach(paper, problems):
    answers = []

    def be_busy(route: Route) -> None:
        if answers:
            route.continue_()
        else:
            answers.append(route.request.post_data_json["id"])
            route.fulfill(status=429, headers={"Retry-After": "3"}, json={"detail": "Throttled."})

    paper.route("**/api/v1/submissions/", be_busy)
    draw(paper)
    paper.get_by_role("button", name="Save").click()
    for seconds in (3, 2, 1):
        expect(paper.locator("#prediction")).to_have_text(
            f"The site is busy. Sending again in {seconds} s."
        )
    expect(paper.get_by_role("alert")).to_be_empty()
    expect(paper.locator("#details")).to_be_visible()
    assert [str(drawing.pk) for drawing in Submission.objects.all()] == answers
    problems.clear()


def test_the_sites_own_refusal_says_how_long_to_wait(paper, problems, monkeypatch):
    monkeypatch.setattr(SubmitThrottle, "rate", "1/min", raising=False)
    draw(paper)
    read(paper)
    draw(paper, ONE)
    paper.keyboard.press("Enter")
    expect(paper.get_by_role("timer")).to_have_text(re.compile(r"^(60|5\d) s$"))
    assert Submission.objects.count() == 1
    problems.clear()
