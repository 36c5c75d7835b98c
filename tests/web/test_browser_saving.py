"""Saving a drawing over lines that are slow, busy or cut, in a real browser."""

import re

import pytest
from playwright.sync_api import Route, expect

from predictor.api.throttling import SubmitThrottle
from predictor.models import Submission
from tests.support.samples import ONE
from tests.support.visitors import draw, ink, intercept, read

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_double_click_sends_once(paper):
    sent = []
    paper.on("request", lambda request: request.method == "POST" and sent.append(request))
    draw(paper)
    paper.get_by_role("button", name="Save").dblclick()
    expect(paper.locator("#details")).to_be_visible()
    paper.keyboard.press("Enter")
    assert len(sent) == 1
    assert Submission.objects.count() == 1


def test_the_second_half_of_a_double_click_takes_no_answer_away(paper):
    draw(paper)
    paper.evaluate(
        """() => {
            const details = document.getElementById("details");
            const press = () => details.hidden || document.getElementById("submit").click();
            new MutationObserver(press).observe(details, { attributes: true });
        }"""
    )
    read(paper)
    expect(paper.locator("#submit")).to_have_text("Draw another")
    expect(paper.locator("#submit")).to_be_enabled()
    expect(paper.locator("#details")).to_be_visible()


def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_doubled(paper, problems):
    def lose(route):
        route.fetch()
        route.abort("connectionreset")

    intercept(paper, "**/api/v1/submissions/", lose)
    draw(paper)
    before = ink(paper)
    paper.get_by_role("button", name="Save").click()
    expect(paper.locator("#outbox")).to_contain_text("1 drawing waits in this browser")
    assert ink(paper) == before
    stored = Submission.objects.get()

    paper.unroute("**/api/v1/submissions/")
    paper.evaluate("dispatchEvent(new Event('online'))")
    expect(paper.locator("#details-link")).to_have_attribute("href", stored.get_absolute_url())
    assert Submission.objects.count() == 1
    problems.clear()


def test_a_claim_that_got_lost_can_be_made_again(paper, problems):
    draw(paper)
    read(paper)
    paper.context.set_offline(True)
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("did not answer")
    paper.context.set_offline(False)
    paper.get_by_role("button", name="Yes").click()
    expect(paper.locator("#label-status")).to_contain_text("Thank you!")
    assert Submission.objects.get().visitor_label is not None
    problems.clear()


def test_a_busy_site_is_waited_for_with_a_countdown_and_without_a_reproach(paper, problems):
    answers = []

    def be_busy(route: Route) -> None:
        if answers:
            route.continue_()
        else:
            answers.append(route.request.post_data_json["id"])
            route.fulfill(status=429, headers={"Retry-After": "3"}, json={"detail": "Throttled."})

    intercept(paper, "**/api/v1/submissions/", be_busy)
    draw(paper)
    paper.get_by_role("button", name="Save").click()
    for seconds in (3, 2, 1):
        expect(paper.locator("#prediction")).to_have_text(
            f"The site is busy. Sending again in {seconds} s."
        )
    expect(paper.get_by_role("alert")).to_be_empty()
    expect(paper.locator("#details")).to_be_visible()
    assert [str(drawing.pk) for drawing in Submission.objects.all()] == answers
    problems.clear()


def test_the_sites_own_refusal_says_how_long_to_wait(paper, problems, monkeypatch):
    monkeypatch.setattr(SubmitThrottle, "rate", "1/min", raising=False)
    draw(paper)
    read(paper)
    draw(paper, ONE)
    paper.keyboard.press("Enter")
    expect(paper.get_by_role("timer")).to_have_text(re.compile(r"^(60|5\d) s$"))
    assert Submission.objects.count() == 1
    problems.clear()
