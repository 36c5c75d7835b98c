"""The network in the browser beside the one on the server: the same 28x28, the same answer."""

import base64
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.templatetags.static import static
from django.urls import reverse
from playwright.sync_api import Page

from ml import data
from ml.augment import warp_strokes
from ml.preprocessing import SIDE, preprocess
from ml.strokes import CANVAS, Strokes, place, render
from predictor.registry import serving
from tests.support.digits import DIGITS, OTHERS, Array, encoded

pytestmark = pytest.mark.django_db(transaction=True)
DATA = Path(os.environ.get("DIGITS_DATA", "var/data"))  # as the README has one make it
HAS_DATA = all((DATA / name).is_file() for name in (data.MNIST_FILE, data.DIGITS_FILE))
COUNT = 1_000  # of MNIST's images and of pen drawings each
AT_ONCE = 50
MODULES = ("strokes", "network", "preprocessing", "recognizer", "weights")

# Reads on the page as the page does, and tells what the network saw and what would be sent.
SETUP = """async ({ modules, worker, network }) => {
    const imported = await Promise.all(modules.map((url) => import(url)));
    const { renderPicture, toPng, predict, preprocess, Recognizer, parseNetwork } =
        Object.assign({}, ...imported);
    const recognizer = new Recognizer(worker);
    await recognizer.load(network);
    const parsed = parseNetwork(await (await fetch(network)).arrayBuffer());
    const context = new OffscreenCanvas(280, 280).getContext("2d", { willReadFrequently: true });
    const look = () => {
        const { data } = context.getImageData(0, 0, 280, 280);
        return preprocess(data.filter((_, i) => i % 4 === 0), 280);
    };
    const readStrokes = async (strokes) => {
        renderPicture(context, strokes);
        const prediction = await recognizer.read(strokes);
        return { picture: toPng(strokes), pixels: [...look()], ...prediction };
    };
    const readPicture = async (picture) => {
        const image = Object.assign(new Image(), { src: picture });
        await image.decode();
        context.drawImage(image, 0, 0);
        const pixels = look();
        return { picture, pixels: [...pixels], ...predict(parsed, pixels) };
    };
    globalThis.readAll = async (drawings) => {
        const answers = [];
        for (const each of drawings) {
            answers.push(await (typeof each === "string" ? readPicture : readStrokes)(each));
        }
        return answers;
    };
}"""


@pytest.fixture
def reading(page) -> Page:
    page.goto("/")
    folders = {"strokes": "draw"}
    urls = {
        "modules": [static(f"js/{folders.get(name, 'recognizer')}/{name}.js") for name in MODULES],
        "worker": static("js/recognizer/worker.js"),
        "network": reverse("predictor:active_network"),
    }
    page.evaluate(SETUP, urls)
    return page


def as_sent(strokes: Strokes, rng: np.random.Generator) -> list[Any]:
    """Somewhere on the page's canvas, in whole pixels, with times and one of its pens."""
    fraction = rng.uniform(0.35, 0.95)
    x, y = 0.5 + (0.98 - fraction) * rng.uniform(-0.5, 0.5, 2)
    placed = place(strokes, fraction=fraction, center=(x, y))
    whole = [np.rint(points).astype(int).T.tolist() for points in placed]
    pen = int(rng.choice([10, 18, 28]))
    return [[xs, ys, list(range(len(xs))), pen] for xs, ys in whole]


def over_the_edge(strokes: list[Any]) -> list[Any]:
    """Moved to the right, without what is no longer on the canvas."""
    moved = [
        ([(x + 40, y, t) for x, y, t in zip(*axes, strict=True) if x + 40 <= CANVAS], pen)
        for *axes, pen in strokes
    ]
    return [[*map(list, zip(*points, strict=True)), pen] for points, pen in moved if points]


def as_picture(image: Array) -> str:
    """28x28, 255 for ink, enlarged until its lines are as wide as the page's: a data URL."""
    large = cv2.resize(image, (6 * SIDE, 6 * SIDE), interpolation=cv2.INTER_CUBIC)
    picture = 255 - np.pad(large, (CANVAS - 6 * SIDE) // 2)
    return "data:image/png;base64," + base64.b64encode(encoded(picture)).decode()


def assert_same_answers(page: Page, drawings: list[Any]) -> None:
    """The proof for which there may be a second implementation: the figures it is held to."""
    differences = []
    network = serving.network()
    for start in range(0, len(drawings), AT_ONCE):
        answers = page.evaluate("readAll", drawings[start : start + AT_ONCE])
        pngs = [base64.b64decode(answer["picture"].partition(",")[2]) for answer in answers]
        pixels = np.stack([preprocess(png) for png in pngs])
        scores = network.scores(pixels)
        seen = np.array([answer["pixels"] for answer in answers]).reshape(-1, 28, 28)
        read = np.array([[*answer["probabilities"], answer["digit_score"]] for answer in answers])
        changed = scores[:, :10].argmax(1) != [answer["digit"] for answer in answers]
        differences.append(
            [np.abs(seen - pixels).max(), np.abs(read - scores).max(), changed.sum()]
        )
    largest_pixel, largest_probability, _ = np.max(differences, axis=0)
    changed_digits = sum(row[2] for row in differences)
    print(
        f"{len(drawings)} drawings: 28x28 differ by {largest_pixel:.0f} of 255 at most,"
        f" probabilities by {largest_probability:.5f}, {changed_digits} digits changed"
    )
    assert largest_pixel <= 1
    assert largest_probability <= 0.02
    assert changed_digits == 0


def test_it_reads_drawings_as_the_server_does(reading):
    rng = np.random.default_rng(1)
    shapes = [warp_strokes(strokes, rng) for strokes in [*DIGITS, *OTHERS] for _ in range(5)]
    drawings = [as_sent(strokes, rng) for strokes in shapes]
    assert_same_answers(reading, [*drawings, *map(over_the_edge, drawings)])


def test_it_reads_pictures_as_the_server_does(reading):
    rng = np.random.default_rng(2)
    shapes = [warp_strokes(strokes, rng) for strokes in [*DIGITS, *OTHERS] for _ in range(5)]
    images = [preprocess(render(place(strokes))) for strokes in shapes]
    assert_same_answers(reading, [as_picture(image) for image in images])


@pytest.mark.skipif(not HAS_DATA, reason=f"{DATA} has no MNIST and pen drawings; DIGITS_DATA may")
def test_it_reads_thousands_of_drawings_as_the_server_does(reading):
    rng = np.random.default_rng(3)
    pens = data.load_digits(DATA)["test"].strokes
    chosen = rng.choice(len(pens), COUNT, replace=False)
    assert_same_answers(reading, [as_sent(pens[index], rng) for index in chosen])
    images, _ = data.load_mnist(DATA)["test"]
    assert_same_answers(reading, [as_picture(image) for image in images[:COUNT]])
