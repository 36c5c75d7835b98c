"""The review grid in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from predictor.models import Submission
from tests.support.reviewing import QUEUE, SURE, events
from tests.support.samples import many, stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_audit")]


def test_a_grid_is_labelled_by_one_press(open_as):
    many(5, **SURE)
    page = open_as("ann", f"{QUEUE}grid/7/", java_script_enabled=False)
    page.locator(".grid label").nth(1).click()
    page.get_by_role("checkbox", name="Drawing 4 is not 7").press("Space")
    page.get_by_role("button", name="Label all others 7").click()
    expect(page.get_by_text("3 labelled 7.")).to_be_visible()
    assert events() == [(None, 7, "grid")] * 3
    page.get_by_role("button", name="Take them back").click()
    expect(page.get_by_role("checkbox")).to_have_count(3)
    assert Submission.objects.reviewed().count() == 0


def test_a_digit_typed_over_a_cell_relabels_it(open_as):
    many(5, **SURE)
    page = open_as("ann", f"{QUEUE}grid/7/")
    press = page.locator("#press")
    expect(press).to_have_text("Label 5 as 7")
    cells = page.locator(".grid label")
    cells.nth(1).click()
    expect(press).to_have_text("Label 4 as 7")
    cells.nth(2).hover()
    page.keyboard.press("1")
    expect(press).to_have_text("Label 3 as 7 and 1 as typed")
    cells.nth(3).hover()
    page.keyboard.press("4")
    page.keyboard.press("7")  # as predicted after all
    page.get_by_role("checkbox", name="Drawing 1 is not 7").focus()
    page.keyboard.press("9")
    press.click()
    expect(page.get_by_role("status").first).to_have_text(
        re.compile("2 labelled 7. 2 labelled as typed. The 1 that you clicked")
    )
    assert sorted(new for _, new, _ in events()) == [1, 7, 7, 9]
    page.get_by_role("button", name="Take them back").click()
    expect(page.locator("#press")).to_have_text("Label 4 as 7")
    assert Submission.objects.reviewed().count() == 0


def test_the_mark_of_the_grid_leaves_the_drawing_visible(open_as):
    stored(**SURE)
    page = open_as("ann", f"{QUEUE}grid/7/")
    page.locator(".grid label").click()
    shown = "getComputedStyle(document.querySelector('.grid img')).opacity"
    assert page.evaluate(shown) == "1"
    mark = page.evaluate("""() => {
      const { width, height } = getComputedStyle(document.querySelector(".grid label"), "::after");
      return [parseFloat(width), parseFloat(height)];
    }""")
    image = page.locator(".grid img").bounding_box()
    assert mark[0] * mark[1] < image["width"] * image["height"] / 4
