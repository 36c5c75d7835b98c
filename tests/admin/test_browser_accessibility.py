"""Every page of the admin and the API's own, held against axe-core."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from playwright.sync_api import Page

from predictor.models import Token
from tests.support.admin import LIST

pytestmark = pytest.mark.django_db(transaction=True)
SCREENS = [  # width, colours, whether these are forced, letters in pixels
    (1280, "light", "none", 16),
    (390, "dark", "none", 32),
    (820, "light", "active", 16),
]

# Scripts are told of other colours in the frame after next, and then these fade.
SETTLE = """async () => {
  for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
  for (const fade of document.getAnimations()) fade.finish();
}"""


def check(page: Page) -> None:
    page.wait_for_load_state()
    letters = page.context.new_cdp_session(page)
    for width, colors, forced, size in SCREENS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=colors, forced_colors=forced)
        letters.send("Page.setFontSizes", {"fontSizes": {"standard": size}})
        page.evaluate(SETTLE)
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        screen = f"{page.url}, {width} wide, {colors}, forced: {forced}, letters of {size} pixels\n"
        assert found.violations_count == 0, screen + found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, screen


def pages_of_models(user: User) -> Iterator[str]:
    """Of each model: its list, and of one row whatever this person may do with it."""
    request = HttpRequest()
    request.user = user
    for model, options in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if options.has_add_permission(request):
            yield reverse(f"{name}_add")
        row = model.objects.first()
        if row is None:
            raise AssertionError(f"there is no {model._meta.verbose_name} to look at")
        if options.list_display_links is not None:
            yield reverse(f"{name}_change", args=[row.pk])
            yield reverse(f"{name}_history", args=[row.pk])
        if options.has_delete_permission(request, row):
            yield reverse(f"{name}_delete", args=[row.pk])


@pytest.fixture
def page(new_page, problems):
    page = new_page(reduced_motion="reduce")
    yield page
    problems.clear()  # axe-core's own styles, which the content policy refuses


@pytest.fixture
def inside(page, live_server, admin_client):
    """The same, for someone who may do everything."""
    session = admin_client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return page


def test_every_page_is_for_everyone(inside, pages, admin_user):
    Token(name="program").make(admin_user)  # which is an event too
    more = [reverse("admin:auth_user_password_change", args=[admin_user.pk])]
    for path in dict.fromkeys([*pages, *pages_of_models(admin_user), *more]):
        answer = inside.goto(path)
        assert answer.status == 200, path
        check(inside)


def test_the_way_in_and_out_is_for_everyone(page, admin_user):
    page.goto("/admin/login/")
    check(page)
    for password in ("wrong", "password"):
        page.get_by_label("Username").fill("admin")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        check(page)
    page.get_by_role("button", name="Log out").click()
    check(page)


def test_what_comes_of_forms_is_for_everyone(inside, pages):
    inside.goto("/admin/password_change/")
    inside.get_by_role("button", name="Change my password").click()
    check(inside)
    inside.goto("/admin/predictor/token/add/")
    inside.get_by_label("Name").fill("program")
    inside.get_by_role("button", name="Save", exact=True).click()
    inside.get_by_text("Copy this token now").wait_for()
    check(inside)
    for action in ("confirm_prediction", "delete_selected"):
        inside.goto(LIST)
        inside.locator(".action-select").first.check()
        inside.get_by_label("Action:").select_option(action)
        inside.get_by_role("button", name="Go").click()
        check(inside)


def test_choosing_a_day_and_a_time_is_for_everyone(inside, admin_user):
    inside.emulate_media(color_scheme="dark")
    inside.goto(f"/admin/auth/user/{admin_user.pk}/change/")
    for icon, popup in ((".date-icon", "Choose a Date"), (".clock-icon", "Choose a Time")):
        inside.locator(icon).first.click()
        inside.get_by_role("dialog", name=popup).wait_for()
        found = Axe().run(inside)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_buttons_are_seen_in_forced_colours(page, colors):
    page.emulate_media(color_scheme=colors, forced_colors="active")
    page.goto("/admin/login/")
    width = page.get_by_role("button", name="Log in").evaluate(
        "b => getComputedStyle(b).borderTopWidth"
    )
    assert width == "1px"


def test_the_page_of_the_api_is_for_everyone(page):
    page.goto("/api/docs/")
    page.locator(".opblock-summary-control, .models").last.wait_for()
    for call in page.locator(".opblock-summary-control").all():
        call.click()
    for model in page.locator(".models .model-box-control[aria-expanded=false]").all():
        model.click()
    check(page)


def test_the_page_of_the_api_follows_the_theme_that_was_chosen(new_page):
    page = new_page(color_scheme="light")
    page.goto("/api/docs/")
    text = page.locator(".opblock-summary-path").first
    light = text.evaluate("one => getComputedStyle(one).color")
    page.get_by_role("button", name="Dark").click()
    assert text.evaluate("one => getComputedStyle(one).color") != light
