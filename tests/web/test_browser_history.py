"""The visitor's drawings in the browser: drawn again, and deleted with time to take it back."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.signing import get_cookie_signer
from playwright.sync_api import Page, expect

from predictor.models import Submission
from predictor.visitor import COOKIE
from tests.support.samples import SEVEN, stored
from tests.support.visitors import intercept, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
RUNNING = "document.querySelector('svg.strokes').getAnimations({ subtree: true }).length"


@pytest.fixture
def visitor() -> UUID:
    return uuid4()


@pytest.fixture
def drawings(visitor) -> list[Submission]:
    return [stored(visitor, strokes=strokes) for strokes in (SEVEN, None, SEVEN)]


def open_history(page: Page, visitor: UUID, url: str) -> Page:
    value = get_cookie_signer(salt=COOKIE).sign(str(visitor))
    page.context.add_cookies([{"name": COOKIE, "value": value, "url": url}])
    page.clock.install()
    page.goto("/history/")
    return page


@pytest.fixture
def history(page, visitor, drawings, live_server) -> Page:
    return open_history(page, visitor, live_server.url)


def select(page: Page, count: int) -> None:
    for box in page.locator(".card:visible input").all()[:count]:
        box.check()
    noun = "drawing" if count == 1 else "drawings"
    page.get_by_role("button", name=f"Delete {count} {noun}").click()


def deletion(page: Page) -> Any:
    return page.expect_response("**/history/delete/selected/")


def test_what_is_selected_is_deleted_ten_seconds_later(history):
    select(history, 2)
    expect(history.locator(".card:visible")).to_have_count(1)
    history.clock.run_for(9_000)
    assert Submission.objects.count() == 3
    with deletion(history):
        history.clock.run_for(1_500)
    expect(history.locator(".summary")).to_have_text("1 drawn")
    assert Submission.objects.count() == 1
    expect(history.locator("#main")).to_be_focused()


def test_until_then_it_can_be_taken_back(history):
    select(history, 2)
    expect(history.get_by_role("button", name="Undo")).to_be_focused()
    history.keyboard.press("Enter")
    expect(history.locator(".card:visible")).to_have_count(3)
    history.clock.run_for(20_000)
    history.goto("/")
    assert Submission.objects.count() == 3


def test_who_leaves_has_deleted_it_and_a_second_deletion_ends_the_first(history):
    select(history, 1)
    with deletion(history):
        select(history, 1)
    assert Submission.objects.count() == 2
    history.goto("/upload/")
    wait_until(history, lambda: Submission.objects.count() == 1)


def test_what_could_not_be_deleted_is_there_again(history, problems):
    intercept(history, "**/history/delete/selected/", lambda route: route.abort())
    select(history, 2)
    history.clock.run_for(11_000)
    expect(history.locator(".card:visible")).to_have_count(3)
    expect(history.get_by_text("No answer came from the site")).to_be_visible()
    problems.clear()  # the request that did not come through


def test_without_javascript_a_page_asks_first(new_page, visitor, drawings, live_server):
    page = open_history(new_page(java_script_enabled=False), visitor, live_server.url)
    page.locator(".card input").first.check()
    page.get_by_role("button", name="Delete the selected").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".card")).to_have_count(2)
    assert Submission.objects.count() == 2


def test_a_drawing_is_drawn_again_under_the_pointer_and_the_focus(history):
    assert history.evaluate(RUNNING) == 0
    history.locator(".card a").first.hover()
    assert history.evaluate(RUNNING) == 1
    history.reload()
    history.mouse.move(0, 0)
    history.locator(".card a").first.focus()
    assert history.evaluate(RUNNING) == 1
    history.locator(".card a").first.click()
    history.get_by_role("button", name="Show how it was drawn").click()
    assert history.evaluate(RUNNING) == 1


def test_nothing_moves_for_who_wants_no_motion(new_page, visitor, drawings, live_server):
    page = open_history(new_page(reduced_motion="reduce"), visitor, live_server.url)
    page.locator(".card a").first.hover()
    assert page.evaluate(RUNNING) == 0
    page.locator(".card a").first.click()
    expect(page.get_by_role("button", name="Show how it was drawn")).to_be_hidden()


def test_days_are_those_of_the_visitors_time_zone(new_page, visitor, live_server):
    stored(visitor, created_at="2026-03-01T16:30Z")
    page = open_history(new_page(timezone_id="Asia/Tokyo"), visitor, live_server.url)
    page.reload()
    expect(page.locator("h2")).to_have_text("Monday, 2 March 2026")
