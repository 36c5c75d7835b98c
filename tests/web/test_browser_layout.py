"""Where things are on screens of every shape: nothing jumps, overflows or is out of sight."""

import time

import pytest
from playwright.sync_api import Page, Route, expect

from predictor.models import Submission
from tests.support.samples import png, stored
from tests.support.visitors import draw, intercept, wait_for_explanation

pytestmark = pytest.mark.django_db(transaction=True)
SCREENS = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "upright": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "lying": {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True},
    "small, lying": {"viewport": {"width": 667, "height": 375}, "has_touch": True},
    "small": {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True},
}
on_every_screen = pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
WIDEST, NARROWEST = SCREENS["desktop"], SCREENS["small"]
on_both_ends = pytest.mark.parametrize("screen", [WIDEST, NARROWEST], ids=["desktop", "small"])


# Whether the page has come to rest, which it scrolls smoothly to.
STILL = """() => new Promise((resolve) => {
    const before = scrollY;
    setTimeout(() => resolve(scrollY === before), 200);
})"""


def is_in_sight(page: Page, selector: str) -> None:
    page.wait_for_function(STILL)
    expect(page.locator(selector)).to_be_in_viewport(ratio=1)


@on_every_screen
def test_after_every_press_its_answer_is_in_sight(new_page, screen):
    page = new_page(**screen)
    page.goto("/")
    draw(page)
    page.get_by_role("button", name="Save").click()
    for part in ("#digit", "#question", "#yes", "#no"):
        is_in_sight(page, part)
    page.get_by_role("button", name="No", exact=True).click()
    is_in_sight(page, "#digit")
    for choice in page.locator("#choices button:visible").all():
        expect(choice).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Not a digit").click()
    expect(page.locator("#label-status")).to_contain_text("Thank you!")
    is_in_sight(page, "#label-status")
    page.get_by_role("button", name="Draw another").click()
    is_in_sight(page, "#canvas")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_in_viewport(ratio=1)


@on_every_screen
@pytest.mark.parametrize("path", ["/", "/upload/"])
def test_why_a_picture_is_refused_is_in_sight(new_page, screen, path, problems):
    page = new_page(**screen)
    page.goto(path)
    broken = {"name": "digit.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.get_by_label("A picture of one digit").set_input_files(broken)
    expect(page.get_by_text("This is not an image that can be read.")).to_be_in_viewport(ratio=1)
    problems.clear()


@on_every_screen
def test_what_is_read_of_a_picture_is_in_sight_beside_it(new_page, screen):
    page = new_page(**screen)
    page.goto("/upload/")
    picture = {"name": "digit.png", "mimeType": "image/png", "buffer": png()}
    page.get_by_label("A picture of one digit").set_input_files(picture)
    expect(page.locator("#picture-pixels")).to_have_js_property("naturalWidth", 28)
    for part in ("#stage", "#picture-digit", "#picture-save", "#picture-cancel"):
        is_in_sight(page, part)


def every_page(page: Page) -> list[str]:
    """Their addresses, for a visitor who has drawn a seven and sent a wide photograph."""
    page.goto("/")
    draw(page)
    page.get_by_role("button", name="Save").click()
    page.locator("#details").wait_for()
    drawing = Submission.objects.get()
    one = drawing.get_absolute_url()
    of_one = [one, f"{one}explanation/", f"{one}delete/"]
    return ["/", "/upload/", "/history/", *of_one, "/history/delete/"]


@on_both_ends
def test_nothing_is_wider_than_the_screen_in_letters_twice_as_large(new_page, problems, screen):
    page = new_page(**screen)
    # As a visitor's own setting has it, before anything is laid out.
    page.add_init_script(
        "document.addEventListener('readystatechange', () =>"
        " document.documentElement.style.fontSize = '32px')"
    )
    for path in [*every_page(page), "/no/such/page/"]:
        page.goto(path)
        fits(page)
    page.goto("/")
    draw(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("button", name="Not a digit").click()
    expect(page.locator("#label-status")).to_contain_text("Thank you!")
    fits(page)
    problems.clear()  # the page that is not there


def fits(page: Page) -> None:
    # Also what is cut off where it can't be scrolled to.
    beyond = page.evaluate(
        """() => [...document.body.querySelectorAll("*")]
            .filter((one) => !one.closest(".visually-hidden, .scroller table"))
            .filter((one) => {
                const { left, right, width } = one.getBoundingClientRect();
                return width && (left < 0 || right > document.documentElement.clientWidth + 1);
            }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert beyond == [], page.url
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], page.url


@on_both_ends
def test_nothing_jumps_while_a_page_loads_on_a_slow_machine(new_page, screen):
    page = new_page(**screen)
    paths = every_page(page)
    wide = stored(Submission.objects.get().visitor, drawing=png([[[0, 279], [9, 9]]]))
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    for path in [*paths, wide.get_absolute_url()]:
        page.goto(path, wait_until="networkidle")
        found = jumps(page)
        assert not found, (path, found)
    page.goto("/")
    draw(page)
    intercept(page, "**/api/v1/submissions/", slowly)
    page.get_by_role("button", name="Save").click()
    page.locator("#details").wait_for()
    assert jumps(page) == []


@pytest.mark.parametrize(
    ("anchor", "screen"),
    [
        ("maps-title", WIDEST),
        ("from", NARROWEST),
        ("where-title", NARROWEST),
        ("changes-title", WIDEST),
    ],
)
def test_nothing_jumps_while_it_is_worked_out_how_a_drawing_was_read(new_page, screen, anchor):
    page = new_page(**screen)
    page.goto("/")
    draw(page)
    page.get_by_role("button", name="Save").click()
    page.locator("#details").wait_for()
    page.route("**/weights.bin", slowly)
    page.goto(f"{Submission.objects.get().get_absolute_url()}explanation/#{anchor}")
    wait_for_explanation(page)
    assert jumps(page) == []


def slowly(route: Route) -> None:
    time.sleep(1)  # later than half a second after a press, what jumps counts
    route.continue_()


def jumps(page: Page) -> list[str]:
    """What no press has moved, and where to; see web.dev/articles/cls."""
    return page.evaluate(
        """() => new Promise((resolve) => {
            const found = [];
            new PerformanceObserver((list) => {
                for (const { hadRecentInput, sources, value } of list.getEntries()) {
                    if (hadRecentInput) continue;
                    found.push(value);
                    for (const { node, previousRect: from, currentRect: to } of sources) {
                        const name = node?.outerHTML?.slice(0, 80) ?? node?.textContent;
                        found.push([name, JSON.stringify(from), JSON.stringify(to)].join(" "));
                    }
                }
            }).observe({ type: "layout-shift", buffered: true });
            const paint = requestAnimationFrame;
            paint(() => paint(() => setTimeout(() => resolve(found), 50)));
        })"""
    )
