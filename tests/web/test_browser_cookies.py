"""A browser that is set to keep no cookies: it can read drawings, and says what it can't do."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from predictor.models import Submission
from tests.support.samples import png
from tests.support.visitors import draw, intercept

pytestmark = pytest.mark.django_db(transaction=True)
BLOCK = 2  # as Chromium's settings write it


@pytest.fixture
def page(chromium, live_server, answered, tmp_path) -> Page:
    kind, options = chromium
    settings = tmp_path / "Default" / "Preferences"
    settings.parent.mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": BLOCK}}}
    settings.write_text(json.dumps(blocked))
    context = kind.launch_persistent_context(tmp_path, base_url=live_server.url, **options)
    yield context.pages[0]
    context.close()


def test_the_paper_says_before_and_after_that_cookies_are_needed(page):
    page.goto("/")
    expect(page.get_by_text("Your browser keeps no cookies for this site.")).to_be_visible()
    draw(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#prediction")).to_contain_text(re.compile("^(A |This)"))
    expect(page.locator("#label-status")).to_contain_text("your browser keeps no cookies")
    expect(page.locator("#pixels")).to_be_hidden()
    page.get_by_role("button", name="Yes").click()
    expect(page.locator("#label-status")).to_contain_text("your browser keeps no cookies")
    assert Submission.objects.get().visitor_label is None
    page.goto("/history/")
    expect(page.get_by_text("as long as your browser keeps this site’s cookie")).to_be_visible()


def test_an_answer_that_got_lost_is_asked_for_until_it_comes(page):
    def lose(route):
        route.fetch()
        route.abort("connectionreset")

    page.goto("/")
    intercept(page, "**/api/v1/submissions/", lose)
    draw(page)
    button = page.get_by_role("button", name="Save")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("this browser is set to keep nothing for it")
    page.unroute("**/api/v1/submissions/")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Try again")
    button.click()
    expect(page.locator("#prediction")).to_contain_text(re.compile("^(A |This)"))


def test_an_upload_says_that_cookies_are_needed(page):
    page.goto("/upload/")
    picture = {"name": "digit.png", "mimeType": "image/png", "buffer": png()}
    page.get_by_label("A picture of one digit").set_input_files(picture)
    page.locator("#picture-save").click()
    expect(page.get_by_role("alert")).to_contain_text("Your browser keeps no cookies")
    assert not Submission.objects.exists()
