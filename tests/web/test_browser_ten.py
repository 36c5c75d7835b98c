"""Ten digits asked for one after the other, in a real browser: also while the site is away."""

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from predictor.models import Pointer, Submission
from tests.support.samples import SEVEN
from tests.support.serving import UNTHROTTLED, serving, wait_for
from tests.support.visitors import draw, intercept, wait_until
from tests.web.test_browser_accessibility import check


def asked(page: Page) -> int:
    return int(re.search(r"draw the digit (\d)", page.locator("#task").inner_text())[1])


def play(page: Page, rounds: int) -> list[int]:
    """Draws a seven whatever is asked for. Returns what was."""
    digits = []
    for _ in range(rounds):
        digits.append(asked(page))
        draw(page, SEVEN)
        before = page.locator("#task").inner_text()
        page.keyboard.press("Enter")
        if before.startswith("10 of"):
            expect(page.locator("#result")).to_be_visible()
        else:
            expect(page.locator("#task")).not_to_have_text(before)
    return digits


def begin(page: Page) -> None:
    page.get_by_label("No time limit").check()
    page.get_by_role("button", name="Start").click()


@pytest.mark.django_db(transaction=True)
def test_each_digit_is_asked_for_once_and_stored_as_what_was_asked_for(page):
    page.goto("/")
    page.get_by_role("link", name="Ten", exact=True).click()
    begin(page)
    digits = play(page, 10)
    assert sorted(digits) == list(range(10))
    expect(page.get_by_role("link", name="Its page")).to_have_count(10)
    expect(page.locator("#score")).to_have_text("1 of 10 read as what you were asked for")
    expect(page.locator("#score")).to_be_focused()
    stored = Submission.objects.order_by("created_at").values_list("asked", "visitor_label")
    assert list(stored) == [(digit, digit) for digit in digits]
    assert Submission.objects.filter(pointer=Pointer.MOUSE, canvas__gt=0).count() == 10
    expect(page.locator("#rounds li").nth(digits.index(7))).to_contain_text("✓ Asked for 7A 7, ")
    page.get_by_role("button", name="Play again").click()
    assert page.locator("#task").inner_text().startswith("1 of 10")


@pytest.mark.django_db(transaction=True)
def test_it_guesses_while_one_draws_and_asks_for_a_digit_before_it_goes_on(page):
    page.goto("/ten/")
    begin(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("still empty")
    draw(page)
    expect(page.locator("#digit")).to_have_text("7")
    page.keyboard.press("Control+z")
    expect(page.locator("#digit")).to_have_text("?")
    assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_after_twenty_seconds_it_takes_what_is_there_unless_time_is_switched_off(page):
    page.clock.install()
    page.goto("/ten/")
    page.get_by_role("button", name="Start").click()
    timer, task = page.get_by_role("timer"), page.locator("#task")
    expect(timer).to_have_text("20 s")
    first = asked(page)
    draw(page)
    page.clock.run_for(12_000)
    expect(task).to_contain_text("1 of 10")
    page.clock.run_for(9_000)
    expect(task).to_contain_text("2 of 10")
    wait_until(page, Submission.objects.exists)
    assert Submission.objects.get().asked == first
    page.get_by_label("No time limit").check()
    page.clock.run_for(60_000)
    expect(task).to_contain_text("2 of 10")
    expect(timer).to_be_empty()
    page.get_by_label("No time limit").uncheck()
    page.clock.run_for(21_000)
    expect(task).to_contain_text("3 of 10")
    assert Submission.objects.count() == 1  # nothing was drawn


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_for_everyone(new_page, problems, width, color_scheme):
    page = new_page(
        viewport={"width": width, "height": 800}, color_scheme=color_scheme, reduced_motion="reduce"
    )
    page.goto("/ten/")
    check(page)
    begin(page)
    page.keyboard.press("Enter")
    check(page)
    page.context.set_offline(True)
    play(page, 1)
    expect(page.locator("#outbox")).to_contain_text("in this browser until the site answers")
    check(page)
    page.context.set_offline(False)
    expect(page.locator("#outbox")).to_contain_text("1 drawing was sent since.")
    play(page, 9)
    check(page)
    problems.clear()


@pytest.mark.django_db(transaction=True)
def test_deleting_everything_deletes_what_waits_too(page, problems):
    page.goto("/ten/")
    begin(page)
    play(page, 1)
    wait_until(page, Submission.objects.exists)
    page.goto("/history/delete/")
    other = page.context.new_page()
    other.goto("/ten/")
    begin(other)
    intercept(other, "**/api/v1/submissions/", lambda route: route.abort())
    play(other, 1)
    expect(other.locator("#outbox")).to_contain_text("1 drawing")
    expect(page.locator("#outbox")).to_contain_text("1 drawing")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    expect(other.locator("#outbox")).to_be_hidden()
    other.unroute("**/api/v1/submissions/")
    other.reload()
    assert not Submission.objects.exists()
    problems.clear()


def rows(database) -> list[tuple[int, int]]:
    with sqlite3.connect(database) as connection:
        query = "SELECT asked, visitor_label FROM predictor_submission ORDER BY asked"
        return connection.execute(query).fetchall()


def test_the_site_goes_away_and_comes_back_and_each_is_stored_once(browser, database, tmp_path):
    url = f"sqlite:///{database}"
    context = browser.new_context()
    page = context.new_page()
    with serving(url, tmp_path / "first", **UNTHROTTLED) as site:
        port = site.port
        page.goto(f"http://127.0.0.1:{port}/ten/", wait_until="networkidle")
        begin(page)
        play(page, 3)
        wait_for(lambda: len(rows(database)) == 3)
    play(page, 7)
    expect(page.locator("#outbox")).to_contain_text("7 drawings")
    assert len(rows(database)) == 3
    with serving(url, tmp_path / "second", port=port, **UNTHROTTLED):
        second = context.new_page()
        second.goto(f"http://127.0.0.1:{port}/")  # two tabs send at once
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.get_by_role("link", name="Its page")).to_have_count(10)
        expect(page.locator("#outbox")).to_have_text(re.compile("7 drawings were sent since"))
        context.close()
    assert rows(database) == [(digit, digit) for digit in range(10)]
