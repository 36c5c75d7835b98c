"""Light, dark, or as the system has it: what a visitor chooses stays, in the admin too."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.django_db(transaction=True)
GROUNDS = {"light": "rgb(244, 241, 234)", "dark": "rgb(20, 22, 28)"}


def ground(page: Page) -> str:
    colour = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    return next(theme for theme, known in GROUNDS.items() if known == colour)


def choose(page: Page, name: str) -> None:
    page.get_by_role("group", name="Colours").get_by_role("button", name=name).click()


@pytest.mark.parametrize("system, other", [("light", "dark"), ("dark", "light")])
def test_what_was_chosen_stays_until_the_system_decides_again(new_page, system, other):
    page = new_page(color_scheme=system)
    page.goto("/history/")
    assert ground(page) == system
    choose(page, other.capitalize())
    assert ground(page) == other
    page.goto("/")
    assert ground(page) == other
    expect(page.get_by_role("button", name=other.capitalize())).to_have_attribute(
        "aria-pressed", "true"
    )
    choose(page, "As the system has them")
    assert ground(page) == system


def test_the_admin_has_the_same(page):
    page.goto("/")
    choose(page, "Dark")
    page.goto("/admin/login/")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_other_tabs_follow(page):
    page.goto("/history/")
    other = page.context.new_page()
    other.goto("/history/")
    choose(other, "Dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_it_is_there_before_the_page_is_painted(page, problems):
    page.goto("/")
    choose(page, "Dark")
    page.route("**/base*.js", lambda route: route.abort())  # which comes later
    page.goto("/history/", wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_load_state()
    problems.clear()  # it says that the script is missing
