"""The whole way of a drawing without the paper: without JavaScript, and by keyboard alone."""

import pytest
from playwright.sync_api import expect

from predictor.models import Submission
from tests.support.samples import png

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE = {"name": "digit.png", "mimeType": "image/png", "buffer": png()}


def test_everything_works_without_javascript(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/")
    expect(page.locator("#canvas")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("Read a digit")

    page.get_by_label("A picture of one digit").set_input_files(PICTURE)
    page.get_by_role("button", name="Read the picture").click()
    drawing = Submission.objects.get()
    assert page.url.endswith(drawing.get_absolute_url())

    page.get_by_role("button", name="4", exact=True).click()
    expect(page.get_by_text("You said: 4.")).to_be_visible()
    drawing.refresh_from_db()
    assert drawing.visitor_label == 4

    page.get_by_role("link", name="My drawings").click()
    page.get_by_role("link", name="Right 1" if drawing.predicted == 4 else "Wrong 1").click()
    expect(page.locator(".card")).to_have_count(1)

    page.goto(drawing.get_absolute_url())
    page.get_by_role("link", name="Delete this drawing").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    assert not Submission.objects.exists()


def test_the_keyboard_alone_does_it_all(page):
    page.goto("/")

    def press(key: str, until: str) -> None:
        """The key, until the focus is on what has this name."""
        names = []
        for _ in range(40):
            page.keyboard.press(key)
            names.append(
                page.evaluate("document.activeElement.innerText || document.activeElement.id")
            )
            if names[-1].strip() == until:
                return
        pytest.fail(f"{until!r} is not among {names}")

    press("Tab", "Skip to the content")
    page.keyboard.press("Enter")
    press("Tab", "undo")
    press("Tab", "id_image")
    page.locator("#id_image").set_input_files(PICTURE)  # the dialogue is the system's
    expect(page.locator("#picture-pixels")).to_have_js_property("naturalWidth", 28)
    press("Tab", "Save")
    page.keyboard.press("Enter")
    page.wait_for_url("**/history/*/")
    press("Tab", "Not a digit")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You said: not a digit.")).to_be_visible()
    press("Tab", "Delete this drawing")
    page.keyboard.press("Enter")
    page.wait_for_url("**/delete/")
    press("Tab", "Delete it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def test_a_form_is_sent_once_however_often_its_button_is_pressed(page):
    page.goto("/")
    page.get_by_label("A picture of one digit").set_input_files(PICTURE)
    expect(page.locator("#picture-pixels")).to_have_js_property("naturalWidth", 28)
    page.get_by_role("button", name="Save").last.dblclick()
    page.wait_for_url("**/history/*/")
    assert Submission.objects.count() == 1
