"""The review queue and the grid in a real browser: by keys, by finger, by two at once, offline."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import expect

from predictor.models import LabelEvent, Lease, Submission
from predictor.review import queue
from tests.support.samples import many, stored
from tests.web.test_browser_accessibility import check

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "/admin/predictor/submission/review/"
SURE = {"digit": 7, "is_digit": True, "confidence": 0.95}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# Rejects where the picture can't be shown.
DECODE = "document.getElementById('drawing').decode()"


@pytest.fixture(autouse=True)
def no_audit(monkeypatch):
    monkeypatch.setattr(queue, "AUDIT_RATE", 0)


@pytest.fixture
def open_as(new_page, live_server):
    """Opens a page of the admin as this reviewer."""

    def open_page(name, url=QUEUE, **options):
        reviewer, _ = User.objects.get_or_create(username=name, is_staff=True)
        reviewer.groups.set(Group.objects.filter(name="Reviewers"))
        client = Client()
        client.force_login(reviewer)
        page = new_page(**options)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        page.context.add_cookies([cookie | {"url": live_server.url}])
        page.goto(url)
        return page

    return open_page


def all_stored(page):
    expect(page.locator("#sync-status")).to_have_text("All stored")


def events():
    return list(LabelEvent.objects.values_list("old", "new", "source"))


def current(page):
    return re.search(r"[0-9a-f-]{36}", page.get_by_text("Open its page").get_attribute("href"))[0]


def test_one_key_is_one_label(open_as):
    rows = many(8, **SURE)
    page = open_as("ann")
    keys = ["4", "n", "U", "Enter", "s", "0"]
    seen = []
    expect(page.locator("#predicted")).to_have_text("7")
    for key in keys:
        seen.append(current(page))
        page.keyboard.press(key)
    expect(page.locator("#count")).to_have_text("5")
    all_stored(page)
    expect(page.locator("#remaining")).to_have_text("3 left")
    found = [Submission.objects.get(pk=id).label for id in seen]
    assert found == [4, 10, 11, 7, None, 0]
    assert Submission.objects.reviewed().count() == len(rows) - 3


def test_everything_of_a_sitting_can_be_taken_back(open_as):
    many(6, **SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    seen = []
    for key in ("1", "2", "s", "3"):
        seen.append(current(page))
        page.keyboard.press(key)
    for id in reversed(seen):
        page.keyboard.press("Backspace")
        assert current(page) == id
    page.keyboard.press("Backspace")
    expect(page.locator("#status")).to_contain_text("nothing to take back")
    all_stored(page)
    assert sorted(events(), key=str) == sorted(
        [(None, n, "queue") for n in (1, 2, 3)] + [(n, None, "undo") for n in (1, 2, 3)], key=str
    )
    page.keyboard.press("5")
    all_stored(page)
    assert Submission.objects.get(pk=seen[0]).label == 5


def test_the_keys_are_shown_and_then_label_nothing(open_as):
    stored(**SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Control+1")
    expect(page.locator("#count")).to_have_text("0")
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("Enter")  # it presses the button, and confirms no prediction
    expect(page.get_by_role("dialog")).to_be_visible()
    assert events() == []


def test_a_clicked_button_does_not_swallow_enter(open_as):
    many(2, **SURE)
    page = open_as("ann")
    page.get_by_role("button", name="4", exact=True).click()
    page.keyboard.press("Enter")
    all_stored(page)
    assert events() == [(None, 4, "queue"), (None, 7, "queue")]


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
    page.route("**/sync/", lambda route: route.abort())
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

    page.context.route("**/sync/", lose)
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
    expect(hers.get_by_text("The label 3 was not stored for")).to_contain_text("“7” meanwhile.")
    expect(hers.locator("#count")).to_have_text("0")
    link = hers.get_by_role("link", name="this drawing").get_attribute("href")
    assert str(row.pk) in link
    hers.get_by_role("button", name="I have seen this").click()
    expect(hers.locator("#rejected")).to_be_hidden()
    assert events() == [(None, 7, "queue")]


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


def test_the_next_drawing_waits_for_no_answer(open_as):
    many(12, **SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    waiting = []
    page.route("**", lambda route: waiting.append(route))
    seen = [current(page)]
    for _ in range(9):
        page.keyboard.press("7")
        seen.append(current(page))
        page.evaluate(DECODE)
    assert len(set(seen)) == 10
    assert [route.request.url.endswith("/sync/") for route in waiting] == [True]
    page.unroute("**")  # which lets go what waits
    all_stored(page)


def test_new_drawings_come_by_themselves(open_as):
    page = open_as("ann")
    expect(page.locator("#empty")).to_contain_text("Nothing waits for a label.")
    stored(**SURE)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#predicted")).to_have_text("7")


def test_the_queue_tells_who_holds_what_waits(open_as):
    stored(**SURE)
    expect(open_as("ann").locator("#card")).to_be_visible()
    page = open_as("bob")
    expect(page.locator("#empty")).to_contain_text("1 drawing held by ann until")


def test_a_finger_labels(open_as):
    many(3, **SURE, visitor_label=1)
    page = open_as("ann", **PHONE)
    expect(page.locator("#visitor-label")).to_have_text("The visitor says: 1.")
    button = page.get_by_role("button", name="1", exact=True)
    for name in ("Confirm", "Take back"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["y"] + box["height"] <= 844, "one must scroll for it"
    button.tap()
    page.get_by_role("button", name="Not a digit").tap()
    page.get_by_role("button", name="Take back").tap()
    all_stored(page)
    assert [event[1] for event in events()] == [1, 10, None]


def test_a_grid_is_labelled_by_one_press(open_as):
    many(5, **SURE)
    page = open_as("ann", f"{QUEUE}grid/7/", java_script_enabled=False)
    page.locator(".grid label").nth(1).click()
    page.get_by_role("checkbox", name="Drawing 4 is not 7").press("Space")
    page.get_by_role("button", name="Label all others 7").click()
    expect(page.get_by_text("3 labelled 7.")).to_be_visible()
    assert events() == [(None, 7, "grid")] * 3
    page.get_by_role("button", name="Take them back").click()
    expect(page.get_by_role("checkbox")).to_have_count(3)
    assert Submission.objects.reviewed().count() == 0


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_reviewing_is_for_everyone(open_as, problems, width, color_scheme):
    many(3, **SURE, visitor_label=1)
    many(16, **SURE)
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": color_scheme}
    page = open_as("ann", **options, reduced_motion="reduce")
    expect(page.locator("#card")).to_be_visible()
    check(page)
    page.context.set_offline(True)
    page.keyboard.press("3")
    expect(page.locator("#sync-error")).to_be_visible()
    check(page)
    page.context.set_offline(False)
    page.keyboard.press("?")
    check(page)
    page.goto(f"{QUEUE}grid/7/")
    page.locator(".grid label").first.click()
    check(page)
    page.get_by_role("button", name="Label all others 7").click()
    expect(page.get_by_role("button", name="Take them back")).to_be_visible()
    check(page)
    problems.clear()
