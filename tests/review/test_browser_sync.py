"""How labels get from a real browser into the database: offline, signed out, by two at once."""

import time

import pytest
from playwright.sync_api import expect

from predictor.models import LabelEvent, Lease, Submission
from predictor.review import queue
from tests.support.reviewing import QUEUE, SURE, all_stored, current, events
from tests.support.samples import many, stored
from tests.support.visitors import intercept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_audit")]


def test_what_was_offline_is_kept_shown_and_stored_once(open_as, problems):
    many(14, **SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    page.context.set_offline(True)
    for key in "0123456789":
        page.keyboard.press(key)
    kept = "Kept in this browser until it is stored: 0, 1"
    expect(page.locator("#sync-message")).to_contain_text(kept)
    expect(page.locator("#empty")).to_have_text("No drawings until the site answers again.")
    page.keyboard.press("Backspace")
    page.keyboard.press("n")
    assert events() == []
    page.context.set_offline(False)
    expect(page.locator("#sync-error")).to_be_hidden()
    all_stored(page)
    expect(page.locator("#remaining")).to_have_text("4 left")
    made = [event[1] for event in events()]
    assert made == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, None, 10]
    problems.clear()  # the requests that could not be sent


def test_what_is_not_stored_survives_the_page(open_as, problems):
    many(2, **SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    intercept(page, "**/sync/", lambda route: route.abort())
    page.keyboard.press("3")
    expect(page.locator("#sync-error")).to_be_visible()
    page.unroute("**/sync/")
    page.goto("about:blank")
    page.goto(QUEUE)
    expect(page.locator("#remaining")).to_have_text("1 left")
    assert events() == [(None, 3, "queue")]
    problems.clear()


def test_an_answer_that_is_lost_doubles_nothing(open_as, problems):
    many(3, **SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch())  # stored, but the page does not hear of it
            route.abort()
        else:
            route.continue_()

    intercept(page, "**/sync/", lose)
    with page.expect_event("requestfailed"):
        page.keyboard.press("3")
    expect(page.locator("#sync-error")).to_be_hidden()
    all_stored(page)
    assert lost[0].ok and events() == [(None, 3, "queue")]
    problems.clear()


def test_who_is_signed_out_loses_nothing(open_as, problems):
    many(2, **SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    session = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("3")
    expect(page.locator("#sync-message")).to_contain_text("You are signed out")
    page.context.add_cookies(session)
    page.get_by_role("button", name="Send now").click()
    all_stored(page)
    assert events() == [(None, 3, "queue")]
    problems.clear()


def test_who_comes_late_is_told(open_as):
    row = stored(**SURE)
    hers = open_as("ann")
    expect(hers.locator("#card")).to_be_visible()
    Lease.objects.all().delete()
    his = open_as("bob")
    his.get_by_role("button", name="Confirm").click()
    all_stored(his)
    hers.keyboard.press("3")
    expect(hers.get_by_text("The label 3 was not stored.")).to_contain_text("“7” meanwhile.")
    expect(hers.locator("#count")).to_have_text("0")
    link = hers.get_by_role("link", name="Look at the drawing").get_attribute("href")
    assert str(row.pk) in link
    hers.get_by_role("button", name="I have seen this").click()
    expect(hers.locator("#rejected")).to_be_hidden()
    assert events() == [(None, 7, "queue")]


# Presses the next of ten keys as soon as there is a drawing, and keeps which one it was.
PRESS = """() => {
  window.pressed = [];
  const press = () => {
    if (!document.getElementById("card").hidden) {
      const key = String(pressed.length % 10), { href } = document.getElementById("details-link");
      pressed.push([href.match(/[0-9a-f-]{36}/)[0], key]);
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
    setTimeout(press);
  };
  press();
}"""


@pytest.mark.slow
def test_two_reviewers_label_each_of_500_drawings_once_as_fast_as_keys_come(open_as):
    many(500, **SURE)
    pages = {name: open_as(name) for name in ("ann", "bob")}
    for page in pages.values():
        expect(page.locator("#card")).to_be_visible()
    start = time.monotonic()
    for page in pages.values():
        page.evaluate(PRESS)
    while Submission.objects.unreviewed().exists():
        assert time.monotonic() < start + 300
        page.wait_for_timeout(50)
    print(f"{500 * 60 / (time.monotonic() - start):,.0f} labels a minute by two reviewers")
    pressed = {
        (id, int(key), name) for name, page in pages.items() for id, key in page.evaluate("pressed")
    }
    for page in pages.values():
        all_stored(page)
    made = LabelEvent.objects.values_list("submission_id", "new", "actor__username")
    assert len(made) == 500 and {(str(id), *rest) for id, *rest in made} == pressed
    assert Submission.objects.reviewed().count() == 500
    assert {name for *_, name in pressed} == {"ann", "bob"}


def test_two_reviewers_at_once_with_a_line_that_drops(open_as, problems, monkeypatch):
    monkeypatch.setattr(queue, "AUDIT_RATE", 0.1)
    many(60, **SURE)
    pages = [open_as("ann"), open_as("bob")]
    seen = [[], []]
    for turn in range(400):
        which = turn % 2
        page = pages[which]
        if turn in (20, 36):
            pages[0].context.set_offline(turn == 20)
        if page.locator("#card").is_visible():
            seen[which].append(current(page))
            page.keyboard.press("7")
        elif Submission.objects.unreviewed().exists():
            page.wait_for_timeout(50)
        else:
            break
    for page in pages:
        all_stored(page)
    assert len(seen[0]) + len(seen[1]) == len({*seen[0], *seen[1]}) == 60
    assert min(map(len, seen)) > 10
    assert events() == [(None, 7, "queue")] * 60
    problems.clear()
