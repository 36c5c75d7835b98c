"""What the review queue says, in a real browser that asks for each language."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from predictor import erasure
from predictor.models import Submission
from predictor.review import queue
from tests.support.samples import labelled, many
from tests.support.words import TRANSLATED, left_over

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING_WAITS = "() => !Object.keys(localStorage).some((key) => key.startsWith('review '))"
QUEUE = "/admin/predictor/submission/review/"


@pytest.fixture
def sitting(new_page, admin_client: Client, admin_user, live_server, monkeypatch):
    """What the queue says to a reviewer who asks for a language, from the first drawing on."""
    monkeypatch.setattr(queue, "AUDIT_RATE", 0)

    def sit(locale: str) -> list[str]:
        erasure.erase_all(Submission.objects.all())
        many(4, visitor_label=3)
        page = new_page(locale=locale)
        session = {"name": "sessionid", "value": admin_client.cookies["sessionid"].value}
        page.context.add_cookies([session | {"url": live_server.url}])
        page.goto(QUEUE)
        return list(said(page, admin_user))

    return sit


def said(page: Page, user):
    expect(page.locator("#card")).to_be_visible()
    yield page.content()
    page.keyboard.press("Backspace")  # there is nothing to take back
    yield page.content()
    page.keyboard.press("7")
    stored(page, 1)
    yield page.content()
    page.keyboard.press("s")
    yield page.content()
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    stored(page, 0)
    yield page.content()
    current = page.locator("#details-link").get_attribute("href").split("/")[-3]
    labelled(Submission.objects.get(pk=current), 5, user)  # by somebody who was faster
    page.keyboard.press("n")
    expect(page.locator("#rejected li")).to_be_visible()
    yield page.content()
    page.context.set_offline(True)
    page.keyboard.press("2")
    expect(page.locator("#sync-message")).not_to_be_empty()
    yield page.content()
    while page.locator("#card").is_visible():
        page.keyboard.press("2")
    yield page.content()
    page.context.set_offline(False)  # which sends what waits
    expect(page.locator("#sync-error")).to_be_hidden()
    yield page.content()


def stored(page: Page, labels: int) -> None:
    expect(page.locator("#count")).to_have_text(str(labels))
    page.wait_for_function(NOTHING_WAITS)


def test_nothing_that_the_queue_says_is_left_in_english(sitting, problems):
    english, german = (sitting(language) for language in ("en-GB", TRANSLATED))
    for step, (one, other) in enumerate(zip(english, german, strict=True)):
        assert f'<html lang="{TRANSLATED}"' in other
        assert left_over(one, other, TRANSLATED, "admin") == set(), step
    problems.clear()  # requests that fail, as they should here
