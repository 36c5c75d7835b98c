"""What the browser reads by itself while one draws, before anything is sent."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import request_started
from playwright.sync_api import Page, Route, expect

from predictor.models import ModelVersion, Submission
from predictor.registry import serving
from tests.support.networks import SHIFTED
from tests.support.samples import ONE, SEVEN
from tests.support.visitors import draw, on_screen

pytestmark = pytest.mark.django_db(transaction=True)
WEIGHTS = re.compile(r"/networks/.+/weights\.bin$")
NOISE = """
OffscreenCanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) =>
    ({ data: Uint8ClampedArray.from({ length: 4 * width * height }, () => 256 * Math.random()) });
"""


def open_with_network(page: Page) -> Page:
    with page.expect_response(WEIGHTS) as loaded:
        page.goto("/")
    loaded.value.finished()
    return page


@pytest.fixture
def paper(page) -> Page:
    return open_with_network(page)


def reads(page: Page, digit: int | str) -> None:
    expect(page.locator("#digit")).to_have_text(str(digit))


def save(page: Page) -> Submission:
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#details")).to_be_visible()
    return Submission.objects.latest("created_at")


def test_digit_and_bars_move_with_every_stroke_and_nothing_is_sent(paper):
    sent: list[Any] = []
    paper.on("request", lambda request: request.method != "GET" and sent.append(request))
    reads(paper, "?")
    expect(paper.locator("#reading")).to_be_hidden()
    likeliest = paper.locator(".probabilities .likeliest")
    for strokes, digit in ((ONE, 1), (SEVEN, 7)):
        draw(paper, strokes)
        reads(paper, digit)
        expect(likeliest.locator("th")).to_have_text(str(digit))
        assert likeliest.locator("meter").evaluate("meter => meter.value") > 0.5
        expect(paper.get_by_text("Nothing is stored yet.")).to_be_visible()
        paper.get_by_role("button", name="Clear").click()
        reads(paper, "?")
        expect(paper.locator("#reading")).to_be_hidden()
    paper.get_by_role("button", name="Undo").click()
    reads(paper, 7)
    assert sent == []
    assert not Submission.objects.exists()


def test_it_reads_before_the_pen_is_lifted_and_says_so_aloud_after(paper):
    status = paper.locator("#prediction")
    paper.mouse.move(*on_screen(paper, 140, 60))
    paper.mouse.down()
    paper.mouse.move(*on_screen(paper, 140, 220), steps=8)
    reads(paper, 1)
    expect(status).to_have_attribute("aria-busy", "true")
    paper.mouse.up()
    expect(status).to_have_attribute("aria-busy", "false")
    expect(status).to_contain_text("1")


def test_what_is_saved_is_the_answer_of_the_site_which_is_the_same(paper):
    draw(paper)
    reads(paper, 7)
    drawing = save(paper)
    assert drawing.digit == 7
    expect(paper.locator("#difference")).to_be_hidden()
    expect(paper.get_by_text("Nothing is stored yet.")).to_be_hidden()


def test_where_the_site_reads_it_otherwise_the_page_says_so(paper, monkeypatch):
    draw(paper)
    reads(paper, 7)
    monkeypatch.setattr(serving.network(), "digit_threshold", 2)
    drawing = save(paper)
    assert not drawing.is_digit
    reads(paper, "–")
    expect(paper.locator("#difference")).to_contain_text("your browser read this as 7.")
    paper.get_by_role("button", name="Draw another").click()
    expect(paper.locator("#difference")).to_be_hidden()


def test_what_was_not_saved_is_read_again_after_the_page_was_loaded_anew(paper):
    draw(paper)
    reads(paper, 7)
    paper.reload()
    reads(paper, 7)
    paper.get_by_role("button", name="Undo").click()
    reads(paper, "?")


def test_a_newly_activated_network_is_taken_up_with_the_next_drawing(paper, bad, monkeypatch):
    draw(paper)
    reads(paper, 7)
    ModelVersion.objects.active().update(is_active=False)
    ModelVersion.objects.filter(pk=bad.pk).update(is_active=True)
    monkeypatch.setattr(serving, "_next_check", 0.0)
    paper.get_by_role("button", name="Clear").click()
    draw(paper)
    reads(paper, SHIFTED.tolist().index(7))


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The paths that the server was asked for."""
    paths: list[str] = []

    def note(environ: dict[str, Any], **_: Any) -> None:
        paths.append(environ["PATH_INFO"])

    request_started.connect(note)
    yield paths
    request_started.disconnect(note)


def test_the_weights_wait_until_the_page_is_painted_and_are_fetched_once(asked, paper):
    painted = paper.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    begun = paper.evaluate(
        """() => performance.getEntriesByType("resource")
            .find(({ name }) => name.includes("/worker.")).startTime"""
    )
    assert painted < begun
    open_with_network(paper)
    draw(paper)
    reads(paper, 7)
    assert asked.count("/networks/active/") > 1
    assert len([path for path in asked if WEIGHTS.search(path)]) == 1


def without_worker(page: Page) -> None:
    page.add_init_script("delete globalThis.Worker")


def without_weights(page: Page) -> None:
    page.route("**/networks/**", lambda route: route.fulfill(status=404))


def without_memory(page: Page) -> None:
    change_worker(page, "Float64Array = class { constructor() { throw new RangeError(); } };")


def with_noise(page: Page) -> None:
    change_worker(page, NOISE)


def change_worker(page: Page, script: str) -> None:
    def change(route: Route) -> None:
        response = route.fetch()
        # What a module imports is run before it.
        route.fulfill(response=response, body=script + response.text())

    page.route("**/recognizer/worker.*", change)


@pytest.mark.parametrize("spoil", [without_worker, without_weights, without_memory, with_noise])
def test_where_the_browser_cant_read_the_site_does(page, problems, spoil: Callable[[Page], None]):
    spoil(page)
    page.goto("/", wait_until="networkidle")
    draw(page)
    page.wait_for_timeout(300)  # in which it would have been read
    reads(page, "?")
    expect(page.locator("#instructions")).to_be_visible()
    assert save(page).digit == 7
    reads(page, 7)
    expect(page.locator("#difference")).to_be_hidden()
    problems[:] = [said for said in problems if "404" not in said]
