"""How a drawing was read, as the browser works it out with the network's own weights."""

import re
from typing import Any

import pytest
from django.templatetags.static import static
from django.urls import reverse
from playwright.sync_api import Page, expect

from predictor.models import ModelVersion, Submission
from predictor.templatetags.drawings import percent
from tests.support.networks import another
from tests.support.visitors import draw, read, wait_for_explanation

pytestmark = pytest.mark.django_db(transaction=True)
CELL = re.compile(r"(.+), row (\d+), column (\d+)")
# The network's own activations of what the page says that the network saw.
ACTIVATIONS = """async ({ modules: [network, weights], url }) => {
    const { activations } = await import(network);
    const { parseNetwork } = await import(weights);
    const parsed = parseNetwork(await (await fetch(url)).arrayBuffer());
    const encoded = document.getElementById("explain").dataset.pixels;
    const pixels = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const tensors = activations(parsed, pixels);
    const own = (i) => ({ shape: tensors[i].shape, values: [...tensors[i].values] });
    return parsed.layers.map(({ type }, i) => ({ type, ...own(i) }));
}"""


def own_activations(page: Page) -> list[dict[str, Any]]:
    modules = [static(f"js/recognizer/{name}.js") for name in ("network", "weights")]
    url = reverse("predictor:active_network")
    return page.evaluate(ACTIVATIONS, {"modules": modules, "url": url})


def save(page: Page) -> Submission:
    page.goto("/")
    draw(page)
    return read(page)


@pytest.fixture
def explained(page) -> Page:
    """The page about a seven, to which the answer's link led."""
    save(page)
    page.get_by_role("link", name="How it read this").click()
    expect(page.locator("#sum-title")).to_contain_text("Map")
    return page


def as_number(text: str) -> float:
    return float(text.replace("−", "-"))


def labels(page: Page, grid: str) -> list[str]:
    cells = page.locator(f"{grid} [role=gridcell]")
    return cells.evaluate_all("all => all.map((cell) => cell.getAttribute('aria-label'))")


@pytest.mark.parametrize(("stage", "chosen", "cell"), [(0, 3, 300), (1, 40, 0), (5, 100, 24)])
def test_every_number_of_a_map_and_its_sum_are_the_networks_own(explained, stage, chosen, cell):
    convolutions = [one for one in own_activations(explained) if one["type"] == "conv2d"]
    _, side, _ = convolutions[stage]["shape"]
    values = convolutions[stage]["values"][chosen * side * side :][: side * side]
    explained.get_by_label("Stage", exact=True).select_option(str(stage))
    explained.get_by_label("Map", exact=True).select_option(str(chosen))
    shown = [as_number(CELL.fullmatch(label)[1]) for label in labels(explained, "#cells")]
    assert shown == pytest.approx(values, abs=6e-4)
    explained.locator("#cells [role=gridcell]").nth(cell).click()
    place = f"Map {chosen + 1}, row {cell // side + 1}, column {cell % side + 1}:"
    expect(explained.locator("#sum-title")).to_contain_text(place)
    own, others, bias, total, output = (
        as_number(explained.locator(f"#sum-{name}").text_content())
        for name in ("own", "others", "bias", "total", "output")
    )
    products = explained.locator("#sum-products td").all_text_contents()
    assert sum(map(as_number, products)) == pytest.approx(own, abs=6e-3)
    assert own + others + bias == pytest.approx(total, abs=3e-3)
    assert max(total, 0) == output == pytest.approx(values[cell], abs=6e-4)


def test_a_cell_is_reached_and_opened_by_keyboard(explained):
    explained.get_by_label("Map", exact=True).focus()
    explained.keyboard.press("Tab")
    for key in ("Home", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown"):
        explained.keyboard.press(key)
    focused = explained.locator(":focus").get_attribute("aria-label")
    number, row, column = CELL.fullmatch(focused).groups()
    assert column == "3"
    explained.keyboard.press("Enter")
    title = re.compile(rf"row {row}, column {column}: {re.escape(number)}$")
    expect(explained.locator("#sum-title")).to_have_text(title)
    expect(explained.locator("#cells [aria-selected=true]")).to_be_focused()


def test_a_tile_is_chosen_by_a_click(explained):
    box = explained.locator("#tiles").bounding_box()
    explained.locator("#tiles").click(position={"x": 5, "y": box["height"] - 5})
    expect(explained.get_by_label("Map", exact=True)).to_have_value("24")  # the last row's first


def test_what_it_needs_most_has_ink_and_covering_paper_changes_nothing(explained):
    wait_for_explanation(explained)
    words = explained.locator("#where-words").text_content()
    top, bottom, left, right = map(int, re.findall(r"\d+", words)[:4])
    drawing = Submission.objects.get()
    square = [
        drawing.pixels[28 * y + x] for y in range(top - 1, bottom) for x in range(left - 1, right)
    ]
    assert max(square) > 127
    worst = explained.locator("#where [aria-selected=true]")
    assert f"rows {top} to {bottom}, columns {left} to {right}" in worst.get_attribute("aria-label")
    assert labels(explained, "#where")[0].endswith(
        f"{percent(drawing.confidence)}, row 1, column 1"
    )


def test_the_scores_make_the_probabilities(explained):
    rows = explained.locator("#scores tr")
    expect(rows.first.locator("td").first).not_to_have_text("–")
    logits = next(one["values"] for one in own_activations(explained) if one["type"] == "dense")
    temperature = ModelVersion.objects.get().metadata["temperature"]
    for row, logit in zip(rows.all(), logits, strict=True):
        score, divided, _ = row.locator("td").all_text_contents()
        assert as_number(divided) == pytest.approx(logit, abs=6e-4)
        assert as_number(score) / temperature == pytest.approx(logit, abs=2e-3)


def test_without_the_network_what_the_site_makes_is_there(page, problems):
    drawing = save(page)
    page.route("**/networks/**", lambda route: route.fulfill(status=404))
    page.goto(f"{drawing.get_absolute_url()}explanation/")
    expect(page.get_by_role("status").first).to_contain_text("are missing here")
    expect(page.locator("#explain")).to_be_hidden()
    expect(page.locator(".steps img")).to_have_count(4)
    expect(page.locator("#scores tr")).to_have_count(10)
    problems[:] = [said for said in problems if "404" not in said]


def test_without_a_worker_the_page_says_what_is_missing(page):
    drawing = save(page)
    page.add_init_script("delete globalThis.Worker")
    page.goto(f"{drawing.get_absolute_url()}explanation/")
    expect(page.get_by_role("status").first).to_contain_text("are missing here")
    expect(page.locator(".steps img")).to_have_count(4)


def test_where_its_network_is_not_published_the_active_one_takes_its_place(page, problems):
    drawing = save(page)
    ModelVersion.objects.filter(pk=another("damaged").pk).update(tflite=b"nothing of the kind")
    Submission.objects.update(model_id="damaged")
    page.goto(f"{drawing.get_absolute_url()}explanation/")
    said = page.get_by_role("status").first
    expect(said).to_contain_text("damaged, can’t be run")
    expect(said).to_contain_text(f"the one that answers now, {drawing.model_id}. It says: A 7.")
    expect(page.locator("#sum-title")).to_contain_text("Map")
    expect(page.locator("#scores td").first).to_have_text("–")
    problems[:] = [said for said in problems if "404" not in said]
