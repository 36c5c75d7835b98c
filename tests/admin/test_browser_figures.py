"""Two networks side by side in the admin, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from predictor.registry import evaluation
from tests.support.networks import reviewed

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def open_page(new_page, admin_client):
    """Opens a page of the admin."""

    def open_page(url, **options):
        page = new_page(**options)
        session = admin_client.cookies[settings.SESSION_COOKIE_NAME].value
        page.goto("/healthz")
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": page.url}]
        )
        page.goto(url)
        return page

    return open_page


def check(page, context, problems):
    assert problems == []
    found = Axe().run(page, context=context)
    problems.clear()  # axe-core's own styles, which the content policy refuses
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.fixture
def comparison(good, bad, data):
    reviewed(good, [1, 1, 4, 7, 10])
    return evaluation.compare(bad, good, data).get_absolute_url()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_two_networks_side_by_side_are_for_everyone(open_page, problems, comparison, color_scheme):
    page = open_page(comparison, color_scheme=color_scheme, **PHONE)
    page.locator("summary").click()
    check(page, "#content", problems)


def test_they_are_beside_each_other_where_there_is_room(open_page, comparison):
    sides = ".confusion", ".flips"
    wide = open_page(comparison, viewport={"width": 1280, "height": 800})
    narrow = open_page(comparison, **PHONE)
    for side in sides:
        new, old = (wide.locator(side).nth(i).bounding_box() for i in range(2))
        assert new["y"] == old["y"] and new["x"] + new["width"] <= old["x"]
        new, old = (narrow.locator(side).nth(i).bounding_box() for i in range(2))
        assert new["x"] == old["x"] and new["y"] + new["height"] <= old["y"]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_plot_is_seen_in_forced_colours(open_page, comparison, color_scheme):
    page = open_page(comparison, color_scheme=color_scheme, forced_colors="active")
    page.locator(".reliability").wait_for()
    colours = page.evaluate("""() => {
      const style = (query) => getComputedStyle(document.querySelector(query));
      return {
        background: style("html").backgroundColor,
        text: style("#content p").color,
        lines: [".new .line", ".old .line", ".axes"].map((q) => style(`.reliability ${q}`).stroke),
      };
    }""")
    assert {*colours["lines"]} == {colours["text"]} and colours["text"] != colours["background"]
