"""Visitors: known by their cookie, and drawing with the mouse."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.signing import get_cookie_signer
from django.test import Client
from playwright.sync_api import Page, Route, expect

from predictor.models import Submission
from predictor.visitor import COOKIE
from tests.support.samples import SEVEN


def known(client: Client) -> UUID:
    """Makes the client a visitor who has been here before."""
    visitor = uuid4()
    client.cookies[COOKIE] = get_cookie_signer(salt=COOKIE).sign(str(visitor))
    return visitor


def draw(page: Page, strokes: list[Any] = SEVEN) -> None:
    page.locator("#canvas").scroll_into_view_if_needed()
    for xs, ys, *_ in strokes:
        [start, *rest] = [on_screen(page, x, y) for x, y in zip(xs, ys, strict=True)]
        page.mouse.move(*start)
        page.mouse.down()
        for point in rest:
            page.mouse.move(*point, steps=max(1, 24 // len(xs)))  # each takes milliseconds
        page.mouse.up()


def on_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the paper of 280 x 280 is, in CSS pixels."""
    box = page.locator("#canvas").bounding_box()
    return box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280


def read(page: Page) -> Submission:
    """Presses the button and waits for the answer."""
    with page.expect_response("**/api/v1/submissions/") as answer:
        page.get_by_role("button", name="Save").click()
    expect(page.locator("#details")).to_be_visible()
    return Submission.objects.get(pk=answer.value.json()["id"])


def intercept(page: Page, pattern: str, answer: Callable[[Route], object]) -> None:
    """Has the requests of an open page answered here, from the next one on: Chromium begins with it
    some milliseconds after Playwright says so, and a key is quicker.
    """
    page.route(pattern, answer)
    probe = "/healthz?intercepted"
    page.route(f"**{probe}", lambda route: route.fulfill(status=204))
    page.wait_for_function(f"() => fetch('{probe}').then(({{ status }}) => status === 204)")
    page.unroute(f"**{probe}")


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        page.wait_for_timeout(20)
    pytest.fail("it never came to that")


def wait_for_explanation(page: Page) -> None:
    """Until the browser has read the drawing in some two hundred variations."""
    words = page.locator("#added-words")
    expect(words).not_to_contain_text("Being worked out")


def ink(page: Page) -> float:
    """How much of the paper is drawn on."""
    return page.evaluate(
        """() => new Promise((resolve) => requestAnimationFrame(() => {
            const paper = document.getElementById("canvas");
            const { data } = paper.getContext("2d").getImageData(0, 0, paper.width, paper.height);
            resolve(data.filter((value, i) => i % 4 === 3 && value > 127).length / data.length * 4);
        }))"""
    )
