"""The pages for reviewing, held against axe-core: light and dark, wide and narrow."""

import pytest
from playwright.sync_api import expect

from tests.support.reviewing import QUEUE, SURE
from tests.support.samples import many
from tests.web.test_browser_accessibility import check

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_audit")]


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
    page.keyboard.type("3")
    check(page)
    page.get_by_role("button", name="as typed").click()
    expect(page.get_by_role("button", name="Take them back")).to_be_visible()
    check(page)
    problems.clear()
