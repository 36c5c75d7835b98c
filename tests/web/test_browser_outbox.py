"""Drawings that are saved while the site is away: kept in the browser, and stored once each."""

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from ml.strokes import place
from predictor.erasure import erase
from predictor.models import Submission
from tests.support.digits import DIGITS
from tests.support.samples import ONE
from tests.support.serving import UNTHROTTLED, serving, wait_for
from tests.support.visitors import draw, ink, intercept, read, wait_until
from tests.web.test_browser_accessibility import check
from tests.web.test_browser_offline import CONTROLLED

LISTEN = """() => {
    globalThis.told = [];
    new BroadcastChannel("outbox").addEventListener("message", ({ data }) => told.push(data.type));
}"""
SUBMISSIONS = "/api/v1/submissions/"
in_database = pytest.mark.django_db(transaction=True)


def draw_digit(page: Page, digit: int) -> None:
    draw(page, [points.T.tolist() for points in place(DIGITS[digit], pen=18)])
    expect(page.locator("#digit")).to_have_text(str(digit))  # without a line too


def save_each(page: Page, digits: range) -> None:
    for digit in digits:
        draw_digit(page, digit)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Draw another", disabled=False).click()


def stored(database: Path) -> list[int]:
    """What the site reads them as, in the order in which they came."""
    with sqlite3.connect(database) as connection:
        query = "SELECT predicted FROM predictor_submission ORDER BY created_at"
        return [digit for (digit,) in connection.execute(query)]


def sent(log: Path) -> list[int]:
    """How each drawing that came to this gunicorn was answered."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    asked = [line for line in lines if line.get("message") == "request"]
    posts = [line for line in asked if (line["method"], line["path"]) == ("POST", SUBMISSIONS)]
    return [line["status"] for line in posts]


def says_that_it_is_kept(page: Page) -> None:
    expect(page.get_by_text("The drawing is kept in this browser")).to_be_visible()
    expect(page.get_by_text("Nothing is stored yet.")).to_be_hidden()
    expect(page.locator("#outbox")).to_contain_text("1 drawing waits in this browser")


def open_kept(context: BrowserContext, port: int) -> Page:
    """The page to draw on, in a browser that keeps it."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    wait_until(page, lambda: page.evaluate(CONTROLLED))
    return page


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def test_of_ten_digits_each_is_stored_once_while_the_site_goes_away_and_comes_back(
    context, database, tmp_path
):
    url = f"sqlite:///{database}"
    with serving(url, tmp_path / "first", **UNTHROTTLED) as site:
        page = open_kept(context, site.port)
        save_each(page, range(3))
        wait_for(lambda: len(stored(database)) == 3)
    save_each(page, range(3, 6))
    page.reload()
    save_each(page, range(6, 8))
    other = context.new_page()
    other.goto(page.url)
    draw_digit(other, 8)
    other.get_by_role("button", name="Save").click()
    for tab in (page, other):
        expect(tab.locator("#outbox")).to_contain_text("6 drawings wait in this browser")
    log = tmp_path / "second"
    with serving(url, log, port=site.port, **UNTHROTTLED):
        for tab in (page, other):  # both begin at once
            tab.evaluate("dispatchEvent(new Event('online'))")
        for tab in (page, other):
            expect(tab.locator("#outbox")).to_have_text(re.compile("6 drawings were sent since"))
        expect(other.locator("#prediction")).to_have_text(re.compile("^An 8"))
        expect(other.locator("#details")).to_be_visible()
        other.get_by_role("button", name="Draw another").click()
        save_each(other, range(9, 10))
        context.close()
    assert sent(log) == [201] * 7
    assert stored(database) == list(range(10))


def test_a_busy_site_is_waited_for_and_gets_each_once(context, database, tmp_path):
    url = f"sqlite:///{database}"
    with serving(url, tmp_path / "first") as site:
        page = open_kept(context, site.port)
    save_each(page, range(3))
    page.evaluate(LISTEN)
    log = tmp_path / "second"
    with serving(url, log, port=site.port, THROTTLE_SUBMIT="1/s"):
        page.evaluate("dispatchEvent(new Event('online'))")
        bar = page.locator("#outbox")
        expect(bar).to_have_text(re.compile("3 drawings were sent since"))
        assert page.evaluate("told") == ["sent"] * 3  # none was refused for it
        context.close()
    assert sent(log).count(201) == 3
    assert set(sent(log)) == {201, 429}
    assert stored(database) == [0, 1, 2]


@pytest.fixture
def kept(paper: Page) -> Page:
    """The paper, with a one that was saved without a line."""
    draw(paper, ONE)
    expect(paper.locator("#digit")).to_have_text("1")
    paper.context.set_offline(True)
    paper.get_by_role("button", name="Save").click()
    says_that_it_is_kept(paper)
    return paper


def come_back(page: Page) -> None:
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")


@in_database
def test_what_is_kept_is_told_and_one_can_go_on_and_come_back_to_it(kept, problems):
    expect(kept.get_by_role("alert")).to_be_empty()  # it is no error
    expect(kept.locator("#label-form")).to_be_hidden()
    expect(kept.locator("#submit")).to_have_text("Draw another")
    expect(kept.locator("#submit")).to_be_enabled()
    check(kept)
    one = ink(kept)
    kept.keyboard.press("n")
    assert ink(kept) == 0
    draw(kept)
    expect(kept.get_by_text("Nothing is stored yet.")).to_be_visible()
    for _ in range(2):  # a stroke, and the new sheet
        kept.keyboard.press("Control+z")
    assert ink(kept) == one
    says_that_it_is_kept(kept)
    come_back(kept)
    expect(kept.locator("#details")).to_be_visible()
    expect(kept.get_by_text("The drawing is kept in this browser")).to_be_hidden()
    kept.get_by_role("button", name="Yes").click()
    expect(kept.locator("#label-status")).to_contain_text("Thank you!")
    assert Submission.objects.get().visitor_label == 1
    problems.clear()


@in_database
@pytest.mark.parametrize("screen", [(360, 640), (667, 375)], ids=["phone", "phone on its side"])
def test_on_a_small_screen_it_is_in_sight_that_a_drawing_is_kept(kept, problems, screen):
    kept.set_viewport_size(dict(zip(("width", "height"), screen, strict=True)))
    expect(kept.locator("#submit")).to_be_enabled()
    kept.keyboard.press("n")
    draw(kept)
    kept.locator("#submit").click()
    expect(kept.locator("#kept")).to_be_in_viewport(ratio=1)
    assert kept.locator("#outbox").evaluate("(bar) => getComputedStyle(bar).position") == "static"
    problems.clear()


@in_database
def test_what_waits_covers_neither_the_button_nor_what_is_said_under_it(kept, problems):
    kept.set_viewport_size({"width": 800, "height": 600})
    button, bar = kept.locator("#submit"), kept.locator("#outbox")

    def is_in_sight(selector: str) -> bool:
        box = kept.locator(selector).bounding_box()
        return box["y"] + box["height"] <= bar.bounding_box()["y"]

    expect(button).to_be_enabled()
    kept.keyboard.press("n")
    wait_until(kept, lambda: is_in_sight("#submit"))
    button.click()
    expect(kept.get_by_role("alert")).to_contain_text("still empty")
    wait_until(kept, lambda: is_in_sight("#error"))
    draw(kept)
    button.click()
    expect(bar).to_contain_text("2 drawings")
    wait_until(kept, lambda: is_in_sight("#submit"))
    problems.clear()


@in_database
def test_what_was_sent_from_another_page_has_its_answer_when_one_comes_back(kept, problems):
    kept.goto("about:blank")
    kept.context.set_offline(False)
    kept.goto("/history/")
    expect(kept.locator("#outbox")).to_have_text(re.compile("1 drawing was sent since"))
    kept.goto("/")
    link = kept.locator("#details-link")
    expect(link).to_have_attribute("href", Submission.objects.get().get_absolute_url())
    problems.clear()


@in_database
def test_what_is_kept_and_deleted_is_not_said_to_be_kept(kept, problems):
    kept.on("dialog", lambda question: question.accept())
    kept.get_by_role("button", name="Delete them").click()
    expect(kept.get_by_role("alert")).to_have_text(re.compile("^It was deleted in this browser"))
    expect(kept.locator("#outbox")).to_be_hidden()
    kept.context.set_offline(False)
    assert read(kept) == Submission.objects.get()  # it may be saved after all
    problems.clear()


@in_database
def test_what_the_site_refuses_is_told_once_and_not_sent_again(paper, problems):
    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    intercept(paper, f"**{SUBMISSIONS}", lose)
    draw(paper)
    paper.get_by_role("button", name="Save").click()
    says_that_it_is_kept(paper)
    paper.unroute(f"**{SUBMISSIONS}")
    erase(Submission.objects.get())  # as in another tab's history
    come_back(paper)
    expect(paper.get_by_role("alert")).to_contain_text("another drawing under the same number")
    expect(paper.locator("#outbox")).to_contain_text("Not stored: The site has another drawing")
    expect(paper.get_by_role("button", name="Delete them")).to_be_hidden()
    posts = []
    paper.on("request", lambda request: request.method == "POST" and posts.append(request))
    come_back(paper)
    paper.reload(wait_until="networkidle")
    assert posts == []
    read(paper)
    problems.clear()


@in_database
@pytest.mark.parametrize("status", [200, 403, 502])
def test_what_a_network_to_log_in_to_answers_is_no_answer_of_the_site(paper, problems, status):
    page = {"status": status, "content_type": "text/html", "body": "<h1>Welcome aboard!</h1>"}
    intercept(paper, f"**{SUBMISSIONS}", lambda route: route.fulfill(**page))
    draw(paper)
    paper.get_by_role("button", name="Save").click()
    says_that_it_is_kept(paper)
    paper.unroute(f"**{SUBMISSIONS}")
    come_back(paper)
    expect(paper.locator("#details")).to_be_visible()
    assert Submission.objects.count() == 1
    problems.clear()


@in_database
def test_what_the_site_fails_at_keeps_nothing_else_waiting(kept, problems):
    failed = set()

    def fail_at_the_first(route: Route) -> None:
        id = route.request.post_data_json["id"]
        if failed <= {id}:
            failed.add(id)
            route.fulfill(status=500, json={"detail": "The site has a problem."})
        else:
            route.continue_()

    kept.keyboard.press("n")
    draw(kept)
    kept.get_by_role("button", name="Save").click()
    expect(kept.locator("#outbox")).to_contain_text("2 drawings wait")
    intercept(kept, f"**{SUBMISSIONS}", fail_at_the_first)
    come_back(kept)
    expect(kept.locator("#outbox")).to_contain_text("1 drawing waits")
    assert str(Submission.objects.get().pk) not in failed
    kept.unroute(f"**{SUBMISSIONS}")
    come_back(kept)
    expect(kept.locator("#outbox")).to_contain_text("2 drawings were sent since")
    assert Submission.objects.count() == 2
    problems.clear()


@in_database
def test_what_a_proxy_finds_too_large_is_refused(paper, problems):
    page = {"status": 413, "content_type": "text/html", "body": "<h1>Too large</h1>"}
    intercept(paper, f"**{SUBMISSIONS}", lambda route: route.fulfill(**page))
    draw(paper)
    paper.get_by_role("button", name="Save").click()
    expect(paper.get_by_role("alert")).to_have_text("That is too large to be read here.")
    expect(paper.locator("#outbox")).to_be_hidden()
    problems.clear()


@in_database
def test_a_browser_without_room_says_that_nothing_is_stored(paper, problems):
    quota = {"origin": paper.evaluate("location.origin"), "quotaSize": 1}
    devtools = paper.context.new_cdp_session(paper)
    devtools.send("Storage.overrideQuotaForOrigin", quota)
    draw(paper, ONE)
    before = ink(paper)
    paper.context.set_offline(True)
    paper.get_by_role("button", name="Save").click()
    expect(paper.get_by_role("alert")).to_contain_text("no room left to keep the drawing")
    expect(paper.get_by_role("alert")).to_contain_text("It is not stored")
    expect(paper.locator("#submit")).to_have_text("Save")
    expect(paper.locator("#outbox")).to_be_hidden()
    assert ink(paper) == before
    paper.context.set_offline(False)
    read(paper)
    assert Submission.objects.count() == 1
    problems.clear()
