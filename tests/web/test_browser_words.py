"""What scripts say, in a real browser that asks for each language."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from predictor.models import Submission
from tests.support.samples import png
from tests.support.visitors import draw, ink, intercept
from tests.support.words import TRANSLATED, left_over

pytestmark = pytest.mark.django_db(transaction=True)
TINY = [[[140, 142], [140, 142]]]
WORKED_OUT = "() => !document.getElementById('added-words').textContent.trim().endsWith('…')"


def picture(content: bytes) -> dict[str, object]:
    return {"name": "digit.png", "mimeType": "image/png", "buffer": content}


def on_paper(page: Page) -> list[str]:
    """What is said while one draws, saves and says what it is."""
    said = []
    page.goto("/")
    page.locator("#submit").click()
    said.append(page.content())  # the paper is empty
    draw(page, TINY)
    page.locator("#submit").click()
    said.append(page.content())  # that is too small
    page.keyboard.press("Escape")
    draw(page)
    expect(page.locator("#reading")).to_be_visible()
    said.append(page.content())
    page.locator("#submit").click()
    expect(page.locator("#details")).to_be_visible()
    page.locator("#no").click()
    page.locator("#choices button[value='10']").click()
    expect(page.locator("#label-status")).to_have_text(re.compile(r"\S.*[^…]$"))
    said.append(page.content())
    page.locator("#choices button[value='3']").click()
    expect(page.locator("#label-status")).to_contain_text("3")
    return [*said, page.content()]


def answering(status: int) -> Callable[[Route], None]:
    """What the API is made to answer; 0: nothing at all."""

    def answer(route: Route) -> None:
        if status:
            headers = {"Retry-After": "60"} if status == 429 else {}
            route.fulfill(status=status, headers=headers, json={"detail": ""})
        else:
            route.abort()

    return answer


def when_it_fails(page: Page) -> list[str]:
    said = []
    for status in (500, 404, 409, 0, 429):
        page.goto("/")
        intercept(page, "**/api/v1/submissions/", answering(status))
        page.keyboard.press("Escape")
        draw(page)
        page.locator("#submit").click()
        place = {429: "#prediction [role=timer]", 500: "#outbox p", 0: "#outbox p"}
        expect(page.locator(place.get(status, "#error"))).not_to_be_empty()
        said.append(page.content())
        page.unroute("**/api/v1/submissions/")
        if status in place:  # it is sent, so that no later page says that it was
            page.evaluate("dispatchEvent(new Event('online'))")
            expect(page.locator("#outbox button")).to_be_hidden()
            expect(page.locator("#outbox p")).not_to_be_empty()
    return said


def with_pictures(page: Page) -> list[str]:
    page.goto("/upload/")
    said = []
    for content, shown in ((png(), "#picture-pixels[src]"), (b"no picture", "#picture-error")):
        page.locator(".upload input[type=file]").first.set_input_files(picture(content))
        expect(page.locator(shown)).to_be_visible()
        said.append(page.content())
        page.locator("#picture-cancel").click()
    return said


def on_own_pages(page: Page) -> list[str]:
    said = []
    page.goto("/history/")
    page.locator(".card input").first.check()
    said.append(page.content())
    page.locator("#selection button.danger").click()
    expect(page.locator("#deletion [role=timer]")).not_to_be_empty()
    said.append(page.content())
    page.locator("#deletion button").click()
    drawing = Submission.objects.latest("created_at")
    page.goto(drawing.get_absolute_url())
    said.append(page.content())
    page.goto(f"{drawing.get_absolute_url()}explanation/")
    page.wait_for_function(WORKED_OUT, timeout=60_000)
    page.locator("#stage").select_option("1")
    page.locator("#where [role=gridcell]").nth(90).click()
    return [*said, page.content()]


def in_the_game(page: Page) -> list[str]:
    page.goto("/ten/")
    page.locator("#untimed").check()
    page.locator("#begin").click()
    page.locator("#next").click()
    expect(page.locator("#error")).not_to_be_empty()
    said = [page.content()]
    for _ in range(10):
        draw(page)
        page.locator("#next").click()
    expect(page.locator("#rounds a")).to_have_count(10)
    return [*said, page.content()]


def journey(page: Page) -> list[str]:
    drawing = [*on_paper(page), *in_the_game(page), *when_it_fails(page)]
    return [*drawing, *with_pictures(page), *on_own_pages(page)]


def test_nothing_that_scripts_say_is_left_in_english(new_page, problems):
    english, german = (journey(new_page(locale=language)) for language in ("en-GB", TRANSLATED))
    for step, (one, other) in enumerate(zip(english, german, strict=True)):
        assert f'<html lang="{TRANSLATED}"' in other
        assert left_over(one, other, TRANSLATED) == set(), step
    problems.clear()  # requests that fail, as they should here


@pytest.mark.parametrize(
    ("language", "sure", "moment"),
    [
        ("en-GB", r"\d\d\.\d%", r"\d+ \w+ \d{4}, \d\d:\d\d"),
        ("de-DE", r"\d\d,\d\xa0%", r"\d\d\.\d\d\.\d{4}, \d\d:\d\d"),
        ("es-ES", r"\d\d,\d\xa0%", r"\d+ \w+ \d{4}, \d+:\d\d"),
        ("fr-FR", r"\d\d,\d\xa0%", r"\d+ \w+\.? \d{4}, \d\d:\d\d"),
    ],
)
def test_numbers_and_dates_are_the_languages_own(new_page, language, sure, moment):
    page = new_page(locale=language)
    page.goto("/")
    draw(page)
    page.locator("#submit").click()
    expect(page.locator("#details")).to_be_visible()
    expect(page.locator(".likeliest span")).to_have_text(re.compile(sure))
    page.goto(Submission.objects.get().get_absolute_url())
    expect(page.locator("time")).to_have_text(re.compile(moment))


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_the_language_is_changed_in_the_footer_and_the_page_stays(new_page, java_script_enabled):
    page = new_page(locale="fr-FR", java_script_enabled=java_script_enabled)
    page.goto("/history/?digit=3")
    for code, name in settings.LANGUAGES:
        page.get_by_role("button", name=name).click()
        expect(page).to_have_url(re.compile(r"/history/\?digit=3$"))
        expect(page.locator("html")).to_have_attribute("lang", code)
        expect(page.locator(".languages [aria-current]")).to_have_text(name)
    page.goto("/upload/")
    expect(page.locator("html")).to_have_attribute("lang", settings.LANGUAGES[-1][0])


def test_what_is_drawn_stays_when_the_language_changes(new_page):
    page = new_page(locale="en-GB")
    page.goto("/")
    draw(page)
    drawn = ink(page)
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("#submit")).to_have_text("Speichern")
    page.wait_for_load_state()  # the modules that bring it back run before
    assert ink(page) == pytest.approx(drawn)
