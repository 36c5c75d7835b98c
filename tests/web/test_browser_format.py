"""The browser's words for an answer, held against the server's."""

from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.utils import translation

from predictor.templatetags.drawings import advice, bars, described, percent

SCRIPT = """async ([url, predictions]) => {
    const { describe, advise, firstBars, percent } = await import(url);
    return predictions.map((prediction) => [
        describe(prediction),
        advise(prediction),
        prediction.probabilities.map((_, digit) => firstBars(prediction.probabilities).has(digit)),
        prediction.probabilities.map(percent),
    ]);
}"""


def predictions() -> list[dict[str, Any]]:
    """Sure ones, doubtful ones, some at the very limits, and some that are no digits."""
    random = Random(7)
    found = [[0.9] + [0.1] + [0.0] * 8, [0.0] * 8 + [0.4, 0.6], [0.1] * 10, [0.0] * 9 + [1.0]]
    for sharpness in range(1, 41):
        weights = [random.random() ** sharpness for _ in range(10)]
        found.append([weight / sum(weights) for weight in weights])
    return [
        {"digit": shares.index(max(shares)), "is_digit": is_digit, "probabilities": shares}
        for shares in found
        for is_digit in (True, False)
    ]


def as_the_server_says(prediction: dict[str, Any]) -> list[Any]:
    row = SimpleNamespace(**prediction)
    shares = row.probabilities
    return [
        described(row),
        advice(row),
        [is_first for _, is_first in bars(shares)],
        [percent(share) for share in shares],
    ]


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_browser_and_server_say_the_same(new_page, language):
    page = new_page(locale=language)
    page.goto("/")
    asked = predictions()
    said = page.evaluate(SCRIPT, [static("js/shared/format.js"), asked])
    with translation.override(language):
        assert said == [as_the_server_says(prediction) for prediction in asked]
