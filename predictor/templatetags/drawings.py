"""An answer's words and numbers. static/js/shared/format.js has the same for the browser."""

from collections.abc import Sequence
from typing import Any, Protocol

from django import template
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from digitsite import formats
from ml import svg
from predictor.models import Submission

register = template.Library()

DOUBT = 0.1  # the probability from which on the second digit is named too
FIRST = 3  # bars that are shown before one asks for all ten


class Prediction(Protocol):
    digit: int
    is_digit: bool
    probabilities: list[float]


@register.filter
def percent(proportion: float) -> str:
    """Never a round 0 or 100: the network is never that sure."""
    if proportion > 0.999:
        return _("over %(percent)s") % {"percent": formats.percent(0.999)}
    if proportion < 0.001:
        return _("under %(percent)s") % {"percent": formats.percent(0.001)}
    return formats.percent(proportion)


@register.filter
def described(prediction: Prediction) -> str:
    """Say what was read: "A 4, perhaps a 9"."""
    if not prediction.is_digit:
        return _("This doesn’t look like a digit")
    digit = capfirst(with_article(prediction.digit))
    second = likeliest(prediction.probabilities)[1]
    if prediction.probabilities[second] <= DOUBT:
        return digit
    return _("%(digit)s, perhaps %(other)s") % {"digit": digit, "other": with_article(second)}


@register.filter
def advice(prediction: Prediction) -> str:
    """Say what to try where no digit was read."""
    if prediction.is_digit:
        return ""
    sentences = _(
        "If it is one, it looks most like %(digit)s. Try one digit alone, large, and in the middle."
    )
    return sentences % {"digit": with_article(prediction.digit)}


def with_article(digit: int) -> str:
    # Translators: an 8; all other digits have "a".
    words = _("an %(digit)s") if digit == 8 else _("a %(digit)s")
    return words % {"digit": digit}


def likeliest(probabilities: Sequence[float]) -> list[int]:
    """Return the digits, the likeliest first."""
    return sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])


@register.filter
def bars(probabilities: Sequence[float]) -> list[tuple[float, bool]]:
    """Return each digit's probability, and whether it is shown before one asks for all ten."""
    first = set(likeliest(probabilities)[:FIRST])
    return [(probability, digit in first) for digit, probability in enumerate(probabilities)]


@register.inclusion_tag("parts/ink.html")
def ink(drawing: Submission, alt: str = "") -> dict[str, Any]:
    """Show a drawing: its strokes where they are known, else its picture."""
    paths = svg.paths(drawing.strokes, drawing.widths)
    return {"drawing": drawing, "paths": paths, "alt": alt}
