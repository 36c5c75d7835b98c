"""Pictures from wherever they come: opened, cut out and read before they are stored."""

import base64
import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from ml.decoding import decode
from predictor.api.throttling import PredictThrottle
from predictor.models import Submission
from tests.support.digits import encoded, ink
from tests.support.samples import png
from tests.support.visitors import intercept

pytestmark = pytest.mark.django_db(transaction=True)
PASTE = """([event, bytes]) => {
    const file = new File([Uint8Array.from(bytes)], "digit.png", { type: "image/png" });
    const carried = new DataTransfer();
    carried.items.add(file);
    const options = { bubbles: true, cancelable: true };
    const sent = event === "paste"
        ? new ClipboardEvent("paste", { ...options, clipboardData: carried })
        : new DragEvent(event, { ...options, dataTransfer: carried });
    document.querySelector("h1").dispatchEvent(sent);
    return sent.defaultPrevented;
}"""


@pytest.fixture
def page(page) -> Page:
    page.goto("/upload/")
    return page


def choose(page: Page, content: bytes, kind: str = "image/png") -> None:
    picture = {"name": "digit", "mimeType": kind, "buffer": content}
    page.get_by_label("A picture of one digit").set_input_files(picture)
    read(page)


def read(page: Page) -> None:
    expect(page.locator("#picture-pixels")).to_have_js_property("naturalWidth", 28)


def save(page: Page) -> Submission:
    page.locator("#picture-save").click()
    page.wait_for_url("**/history/*/")
    return Submission.objects.get()


def two_digits() -> np.ndarray:
    """A 4 to the left of a 7, on white paper: uint8 (800, 1600)."""
    return 255 - np.hstack([ink(4, canvas=800, pen=50), ink(7, canvas=800, pen=50)])


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator("#stage").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    with page.expect_response("**/api/v1/predict/"):
        page.mouse.move(*at(page, *start))
        page.mouse.down()
        page.mouse.move(*at(page, *end), steps=5)
        page.mouse.up()


def box(page: Page) -> list[float]:
    """Left, top, width and height in hundredths of the picture."""
    return page.locator("#box").evaluate(
        "({ style }) => ['left', 'top', 'width', 'height'].map((side) => parseFloat(style[side]))"
    )


@pytest.mark.parametrize("path", ["/", "/upload/"])
@pytest.mark.parametrize("event", ["paste", "drop"])
def test_a_picture_is_dropped_or_pasted_anywhere(page, path, event):
    page.goto(path)
    is_taken = page.evaluate(PASTE, [event, list(png())])
    assert is_taken == (event == "drop")  # or the browser would leave for the file
    read(page)
    expect(page.locator("#picture-digit")).to_have_text("7")
    assert not Submission.objects.exists()
    assert save(page).digit == 7


def test_what_is_sent_untouched_is_stored_as_it_was(page):
    choose(page, png())
    assert bytes(save(page).drawing) == png()


def test_a_box_round_one_of_two_digits_chooses_it(page):
    choose(page, encoded(two_digits()))
    drag(page, (0.06, 0.1), (0.48, 0.98))
    expect(page.locator("#picture-prediction")).to_contain_text("A 4")
    drag(page, (0.6, 0.1), (0.98, 0.98))  # outside of the first: another
    expect(page.locator("#picture-prediction")).to_contain_text("A 7")
    drag(page, (0.75, 0.5), (0.25, 0.5))  # inside: it moves
    expect(page.locator("#picture-prediction")).to_contain_text("A 4")
    drag(page, (0.1, 0.1), (0.02, 0.02))  # its corner
    assert box(page) == pytest.approx([2, 2, 46, 96], abs=0.5)
    drawing = save(page)
    assert drawing.digit == 4
    height, width, _ = decode(bytes(drawing.drawing)).shape
    assert width / height == pytest.approx(46 * 2 / 96, rel=0.02)


def test_the_arrow_keys_move_the_box_and_its_corners(page):
    choose(page, encoded(two_digits()))
    page.get_by_role("button", name="Bottom right corner").focus()
    for _ in range(25):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    assert box(page) == pytest.approx([0, 0, 50, 98])
    expect(page.locator("#picture-prediction")).to_contain_text("A 4")
    page.get_by_role("group", name="Box round the digit").focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert box(page) == pytest.approx([50, 2, 50, 98])
    expect(page.locator("#picture-prediction")).to_contain_text("A 7")


def test_a_tap_and_what_is_too_small_leave_the_box_alone(page):
    choose(page, png())
    page.mouse.click(*at(page, 0.5, 0.5))
    page.get_by_role("button", name="Bottom right corner").focus()
    for _ in range(60):
        page.keyboard.press("ArrowLeft")
    assert box(page) == pytest.approx([0, 0, 4, 100])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photograph_of_twelve_megapixels_is_shrunk_before_it_is_sent(page, kind):
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request))
    photograph = cv2.resize(255 - ink(7, canvas=1000, pen=60), (4032, 3024))
    choose(page, encoded(photograph, kind), f"image/{kind.lower()}")
    expect(page.locator("#picture-digit")).to_have_text("7")
    [request] = sent
    [image] = request.post_data_json["images"]
    head, _, body = image.partition(",")
    assert head == f"data:image/{kind.lower()};base64"
    assert decode(base64.b64decode(body)).shape == (768, 1024, 3)
    assert save(page).digit == 7


def test_light_ink_on_transparent_paper_stays_readable(page):
    light = ink(7, canvas=1500, pen=90)
    layers = [np.full_like(light, 255)] * 3 + [light]
    choose(page, cv2.imencode(".png", np.dstack(layers))[1].tobytes())
    expect(page.locator("#picture-digit")).to_have_text("7")


def test_a_browser_that_gives_noise_for_a_canvas_sends_the_file(new_page):
    page = new_page()
    page.add_init_script(
        """CanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) =>
            ({ data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => i * 97) });"""
    )
    page.goto("/upload/")
    choose(page, png())
    expect(page.get_by_text("Your browser can’t show this picture here.")).to_be_visible()
    expect(page.locator("#stage")).to_be_hidden()
    assert bytes(save(page).drawing) == png()


def test_the_same_picture_can_be_chosen_again_after_it_was_left(page):
    choose(page, png())
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    choose(page, png())
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not Submission.objects.exists()


def test_a_busy_site_is_waited_for(page, problems, monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "1/min", raising=False)
    choose(page, encoded(two_digits()))
    drag(page, (0.06, 0.1), (0.48, 0.98))
    expect(page.locator("#picture-prediction")).to_contain_text("The site is busy. Sending again")
    problems.clear()


def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_doubled(page, problems):
    def lose(route):
        route.fetch()
        route.abort("connectionreset")

    choose(page, png())
    intercept(page, "**/api/v1/submissions/", lose)
    page.locator("#picture-save").click()
    expect(page.get_by_role("alert")).to_contain_text("kept in this browser")
    page.unroute("**/api/v1/submissions/")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_url(f"**{Submission.objects.get().get_absolute_url()}")
    problems.clear()


def test_without_a_line_each_picture_is_kept_and_sent_when_it_is_back(page, problems):
    choose(page, encoded(two_digits()))
    page.context.set_offline(True)
    save, close = page.locator("#picture-save"), page.locator("#picture-cancel")
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("kept in this browser")
    expect(save).to_be_hidden()
    expect(close).to_have_text("Close")
    expect(close).to_be_focused()
    page.locator("#box").focus()
    page.keyboard.press("ArrowRight")  # another picture, cut out of the same
    expect(page.get_by_role("alert")).to_contain_text("try again")  # it can't be read
    expect(close).to_have_text("Cancel")
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("kept in this browser")
    close.click()
    expect(page.locator("#outbox")).to_contain_text("2 drawings wait in this browser")
    page.context.set_offline(False)
    expect(page.locator("#outbox")).to_have_text(re.compile("2 drawings were sent since"))
    assert page.url.endswith("/upload/")  # who has closed it is not led away
    assert Submission.objects.count() == 2
    problems.clear()


def test_a_key_pressed_for_the_dialog_leaves_the_paper_alone(page):
    page.goto("/")
    page.evaluate(PASTE, ["paste", list(png())])
    read(page)
    page.locator("#box").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#error")).to_be_empty()


def test_fingers_can_take_a_photo_and_mice_are_not_asked(page, new_page):
    expect(page.locator(".photo")).to_be_hidden()
    phone = new_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    phone.goto("/upload/")
    photo = phone.get_by_label("Take a photo")
    expect(phone.locator(".photo")).to_be_visible()
    assert photo.get_attribute("capture") == "environment"
    photo.set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": png()})
    read(phone)


def test_without_a_line_it_says_so_and_opens_the_picture_when_it_is_back(new_page, problems):
    page = new_page()
    page.goto("/")  # which, unlike the page for uploads, does not load the dialog
    said = []
    page.on("dialog", lambda alert: (said.append(alert.message), alert.accept()))
    page.context.set_offline(True)
    picture = {"name": "digit.png", "mimeType": "image/png", "buffer": png()}
    page.get_by_label("A picture of one digit").set_input_files(picture)
    page.wait_for_event("console")  # the browser's own complaint
    page.context.set_offline(False)
    choose(page, png())
    assert said == ["The site did not answer. Look at your connection and try again."]
    problems.clear()
