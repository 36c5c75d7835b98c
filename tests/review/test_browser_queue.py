"""The review queue in a real browser: by keys, and by finger."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from predictor import submissions
from predictor.models import Submission
from predictor.registry import serving
from tests.support.reviewing import SURE, all_stored, current, events
from tests.support.samples import many, png, stored
from tests.support.visitors import intercept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_audit")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# Rejects where the picture can't be shown.
DECODE = "document.getElementById('drawing').decode()"


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


def test_the_next_drawing_waits_for_no_answer(open_as):
    many(12, **SURE)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    waiting = []
    intercept(page, "**", lambda route: waiting.append(route))
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


def test_the_queue_says_what_the_visitor_was_asked_for(open_as):
    submissions.submit(serving.network(), visitor=uuid4(), image=png(), asked=3)
    page = open_as("ann")
    said = page.locator("#visitor-label")
    expect(said).to_have_text("The visitor was asked for the digit 3.")
    Submission.objects.update(visitor_label=7)
    page.reload()
    expect(said).to_have_text("The visitor was asked for the digit 3. The visitor says: 7.")


def test_the_last_ten_labels_are_changed_at_a_click_also_after_a_reload(open_as):
    many(13, **SURE)
    page = open_as("ann")
    seen = []
    expect(page.locator("#card")).to_be_visible()
    for key in "012345678901":
        expect(page.locator("#card")).to_be_visible()
        seen.append(current(page))
        page.keyboard.press(key)
    strip = page.locator("#recent button")
    expect(strip).to_have_text(list("1098765432"))
    strip.nth(3).click()
    assert current(page) == seen[8]
    page.keyboard.press("3")
    expect(strip).to_have_text(list("3109765432"))
    page.keyboard.press("Backspace")
    assert current(page) == seen[8]
    page.keyboard.press("8")  # as it was
    all_stored(page)
    assert Submission.objects.get(pk=seen[8]).label == 8
    page.reload()
    expect(strip).to_have_count(10)
    page.locator(f"[data-id='{seen[5]}']").click()
    expect(page.locator(f"[data-id='{seen[5]}'][aria-pressed=true]")).to_be_visible()
    page.keyboard.press("n")
    expect(strip.first).to_have_text("Not a digit")
    all_stored(page)
    assert Submission.objects.get(pk=seen[5]).label == 10
    expect(page.locator("#progress")).to_have_js_property("value", 1)
    expect(page.locator("#progress")).to_have_js_property("max", 2)


def test_the_strokes_are_drawn_again(open_as):
    line = [[[40, 120, 200], [40, 140, 240], [0, 100, 300]]]
    submissions.submit(serving.network(), visitor=uuid4(), image=png(), strokes=line)
    page = open_as("ann")
    expect(page.locator("#card")).to_be_visible()
    page.keyboard.press("r")
    assert page.evaluate("document.getElementById('ink').getAnimations({subtree: true}).length")
    expect(page.locator("#ink")).to_be_visible()
    expect(page.locator("#ink")).to_be_hidden()


def test_tabs_lead_between_queue_grid_and_dashboard(open_as):
    page = open_as("ann")
    for name in ("Grid review", "Dashboard", "Review queue"):
        page.get_by_role("navigation", name="Reviewing").get_by_text(name).click()
        expect(page.locator(".tabs [aria-current]")).to_have_text(name)
