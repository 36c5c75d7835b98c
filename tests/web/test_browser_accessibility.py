"""Every page that a visitor sees, held against axe-core: light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from predictor.models import Submission
from tests.support.samples import png
from tests.support.visitors import draw, wait_for_explanation

pytestmark = pytest.mark.django_db(transaction=True)


def check(page: Page) -> None:
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize(("width", "color_scheme"), [(1280, "light"), (320, "dark")])
def test_every_page_is_for_everyone(new_page, problems, width, color_scheme):
    page = new_page(
        viewport={"width": width, "height": 800}, color_scheme=color_scheme, reduced_motion="reduce"
    )
    page.goto("/history/")
    check(page)
    page.goto("/upload/")
    check(page)
    picture = {"name": "digit.png", "mimeType": "image/png", "buffer": png()}
    page.get_by_label("A picture of one digit").set_input_files(picture)
    expect(page.locator("#picture-pixels")).to_have_js_property("naturalWidth", 28)
    check(page)
    page.goto("/")
    check(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    check(page)
    draw(page)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("button", name="Not a digit").click()
    expect(page.locator("#label-status")).not_to_be_empty()
    check(page)
    page.goto("/history/")
    check(page)
    page.locator(".card input").check()
    check(page)
    page.get_by_role("button", name="Delete 1 drawing").click()
    check(page)
    page.get_by_role("button", name="Undo").click()
    page.locator(".card input").check()
    page.evaluate("document.getElementById('selection').submit()")  # as without JavaScript
    page.get_by_role("button", name="Delete it").wait_for()
    check(page)
    drawing = Submission.objects.get()
    page.goto(drawing.get_absolute_url())
    check(page)
    page.goto(f"{drawing.get_absolute_url()}explanation/")
    wait_for_explanation(page)
    check(page)
    page.locator("summary").click()
    check(page)
    page.goto(f"{drawing.get_absolute_url()}delete/")
    check(page)
    page.goto("/history/delete/")
    check(page)
    page.goto("/no/such/page/")
    check(page)
    problems.clear()  # the page that is not there
