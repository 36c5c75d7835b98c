"""The pages for reviewing, as a browser shows them."""

import re

from playwright.sync_api import expect

from predictor.models import LabelEvent

QUEUE = "/admin/predictor/submission/review/"
SURE = {"digit": 7, "is_digit": True, "confidence": 0.95}


def all_stored(page):
    expect(page.locator("#sync-status")).to_have_text("All stored")


def events():
    return list(LabelEvent.objects.values_list("old", "new", "source"))


def current(page):
    return re.search(r"[0-9a-f-]{36}", page.get_by_text("Open its page").get_attribute("href"))[0]
