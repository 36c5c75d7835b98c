"""The paper under fingers: Chromium's own touch events, with all that the browser makes of them."""

import pytest
from playwright.sync_api import Page, expect

from predictor.models import Submission
from tests.support.visitors import on_screen

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


@pytest.fixture
def pen(phone):
    """pen("mousePressed", x, y) as a pen reports it, on the paper of 280 x 280."""
    devtools = phone.context.new_cdp_session(phone)

    def send(kind: str, *at: float) -> None:
        x, y = on_screen(phone, *at)
        button = {"button": "left", "buttons": 1, "clickCount": 1}
        event = {"type": kind, "x": x, "y": y, "pointerType": "pen", **button}
        devtools.send("Input.dispatchMouseEvent", event)

    return send


def write(pen, x: float, start: int, end: int) -> None:
    pen("mousePressed", x, start)
    for y in range(start, end, 12):
        pen("mouseMoved", x, y)
    pen("mouseMoved", x, end)
    pen("mouseReleased", x, end)


def swipe(touch, x: float, start: int, end: int) -> None:
    touch("touchStart", (x, start))
    for y in range(start, end, 12 if end > start else -12):
        touch("touchMove", (x, y))
    touch("touchMove", (x, end))
    touch("touchEnd")


def stored_strokes(page: Page) -> list:
    page.get_by_role("button", name="Save").click()
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


def pinch(touch) -> None:
    touch("touchStart", (130, 140))
    touch("touchMove", (128, 140))
    touch("touchStart", (128, 140), (160, 140))
    for step in range(0, 100, 10):
        touch("touchMove", (128 - step, 140), (160 + step, 140))
    touch("touchEnd")


def zoom(page: Page) -> float:
    return page.evaluate("visualViewport.scale")


def test_two_fingers_zoom_the_page_and_draw_nothing(phone, touch):
    pinch(touch)
    phone.wait_for_function("visualViewport.scale > 1.2")
    expect(phone.locator("#undo")).to_be_disabled()
    expect(phone.locator("#clear")).to_be_disabled()


def test_a_finger_that_stays_after_two_draws_nothing_until_it_leaves(phone, touch):
    touch("touchStart", (80, 100))
    touch("touchStart", (80, 100), (84, 60))
    touch("touchEnd", (80, 100))
    touch("touchMove", (80, 140))
    touch("touchEnd")
    expect(phone.locator("#clear")).to_be_disabled()
    swipe(touch, 200, 60, 200)
    [[xs, *_]] = stored_strokes(phone)
    assert set(xs) == {200}


def test_a_pinch_over_a_drawing_changes_nothing_of_it(phone, touch):
    swipe(touch, 80, 60, 200)
    swipe(touch, 200, 60, 200)
    phone.keyboard.press("Control+z")
    pinch(touch)
    phone.wait_for_function("visualViewport.scale > 1.2")
    expect(phone.locator("#redo")).to_be_enabled()
    phone.keyboard.press("Control+y")
    phone.keyboard.press("Enter")
    expect(phone.locator("#details")).to_be_visible()
    assert len(Submission.objects.get().strokes) == 2


def test_what_was_drawn_before_an_interruption_stays(phone, touch):
    touch("touchStart", (80, 60))
    touch("touchMove", (80, 200))
    touch("touchCancel")
    swipe(touch, 200, 60, 200)
    first, second = stored_strokes(phone)
    assert set(first[0]) == {80}
    assert set(second[0]) == {200}


@pytest.mark.parametrize("leaves", ["touchEnd", "touchCancel", None])
def test_a_palm_that_lands_first_keeps_no_pen_from_drawing(phone, touch, pen, leaves):
    touch("touchStart", (240, 260))
    touch("touchMove", (240, 262))
    if leaves:
        touch(leaves)
    write(pen, 100, 60, 220)
    [[xs, ys, _]] = stored_strokes(phone)
    assert set(xs) == {100}
    assert (ys[0], ys[-1]) == (60, 220)


def test_a_palm_of_many_touches_leaves_nothing(phone, touch, pen):
    touch("touchStart", (240, 260))
    touch("touchEnd")
    touch("touchStart", (220, 240))
    touch("touchStart", (220, 240), (250, 220))
    touch("touchEnd")
    touch("touchStart", (260, 250))
    write(pen, 100, 60, 220)
    [[xs, *_]] = stored_strokes(phone)
    assert set(xs) == {100}


def test_a_palm_of_a_pen_in_use_does_not_zoom(phone, touch, pen):
    write(pen, 100, 60, 220)
    pinch(touch)
    phone.wait_for_timeout(300)
    assert zoom(phone) == 1
    assert len(stored_strokes(phone)) == 1


def test_the_eraser_end_of_a_pen_erases(phone, pen):
    write(pen, 100, 60, 220)
    phone.evaluate(
        """() => {
            const canvas = document.getElementById("canvas");
            canvas.setPointerCapture = () => {}; // of a pointer that a script has made up
            const { left, top, width } = canvas.getBoundingClientRect();
            const end = (name, x, y) => canvas.dispatchEvent(new PointerEvent(name, {
                pointerType: "pen", pointerId: 77, isPrimary: true, button: 5, buttons: 32,
                clientX: left + x * width / 280, clientY: top + y * width / 280,
            }));
            end("pointerdown", 60, 140);
            end("pointermove", 140, 140);
            end("pointerup", 140, 140);
        }"""
    )
    above, below = stored_strokes(phone)
    assert max(above[1]) < 140 < min(below[1])


def test_while_a_pen_is_in_use_a_palm_leaves_nothing(phone, touch, pen):
    write(pen, 100, 60, 220)
    swipe(touch, 240, 200, 260)
    [[xs, *_]] = stored_strokes(phone)
    assert set(xs) == {100}


def test_a_palm_on_an_answer_takes_nothing_of_it(phone, touch, pen):
    write(pen, 100, 60, 220)
    stored_strokes(phone)
    first = phone.locator("#details-link").get_attribute("href")
    forget_the_pen(phone)
    touch("touchStart", (240, 260))
    write(pen, 180, 60, 220)
    expect(phone.locator("#details")).to_be_hidden()
    phone.get_by_role("button", name="Undo").click()
    expect(phone.locator("#details-link")).to_have_attribute("href", first)


def test_a_finger_draws_again_when_the_pen_is_put_away(phone, touch, pen):
    write(pen, 100, 60, 220)
    forget_the_pen(phone)
    swipe(touch, 180, 60, 220)
    first, second = stored_strokes(phone)
    assert set(first[0]) == {100}
    assert set(second[0]) == {180}


def forget_the_pen(page: Page) -> None:
    """Three seconds pass, for the events that are to come."""
    page.evaluate(
        """() => {
            const { get } = Object.getOwnPropertyDescriptor(Event.prototype, "timeStamp");
            Object.defineProperty(Event.prototype, "timeStamp", {
                get() { return get.call(this) + 3001; },
            });
        }"""
    )
