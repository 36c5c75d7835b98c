"""The paper under fingers: Chromium's own touch events, with all that the browser makes of them."""

import pytest
from playwright.sync_api import Page, expect

from predictor.models import Submission
from tests.visitors import on_screen

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 600}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def phone(new_page) -> Page:
    page = new_page(**PHONE, device_scale_factor=3)
    page.goto("/")
    return page


@pytest.fixture
def touch(phone):
    """touch("touchMove", (x, y), …) with the fingers that are down, on the paper of 280 x 280."""
    devtools = phone.context.new_cdp_session(phone)

    def send(kind: str, *fingers: tuple[float, float]) -> None:
        points = []
        for number, finger in enumerate(fingers):
            x, y = on_screen(phone, *finger)
            points.append({"x": x, "y": y, "id": number})
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return send


def swipe(touch, x: float, start: int, end: int) -> None:
    touch("touchStart", (x, start))
    for y in range(start, end, 12 if end > start else -12):
        touch("touchMove", (x, y))
    touch("touchMove", (x, end))
    touch("touchEnd")


def stored_strokes(page: Page) -> list:
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("#details")).to_be_visible()
    return Submission.objects.get().strokes


def scrolled(page: Page) -> float:
    return page.evaluate("scrollY")


def test_a_finger_draws_and_does_not_scroll(phone, touch):
    swipe(touch, 140, 240, 40)
    phone.wait_for_timeout(300)
    assert scrolled(phone) == 0
    [[xs, ys, _]] = stored_strokes(phone)
    assert set(xs) == {140}
    assert (ys[0], ys[-1]) == (240, 40)


def test_beside_the_paper_the_page_scrolls(phone, touch):
    phone.set_viewport_size({"width": 390, "height": 500})
    swipe(touch, 140, 310, 60)
    phone.wait_for_function("scrollY > 0")


def test_a_second_finger_draws_nothing(phone, touch):
    touch("touchStart", (80, 100))
    touch("touchMove", (80, 140))
    touch("touchStart", (80, 140), (200, 60))
    touch("touchMove", (80, 180), (200, 160))
    touch("touchMove", (80, 220), (200, 220))
    touch("touchEnd")
    [[xs, ys, _]] = stored_strokes(phone)
    assert set(xs) == {80}
    assert ys == [100, 140, 180, 220]


def test_what_was_drawn_before_an_interruption_stays(phone, touch):
    touch("touchStart", (80, 60))
    touch("touchMove", (80, 200))
    touch("touchCancel")
    swipe(touch, 200, 60, 200)
    first, second = stored_strokes(phone)
    assert set(first[0]) == {80}
    assert set(second[0]) == {200}
