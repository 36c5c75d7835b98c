"""How a stored drawing was read: the pictures of each step, and the figures of a network."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

import cv2
import numpy as np
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from digitsite.formats import decimal, percent
from ml import preprocessing
from ml.arrays import UInt8Array
from ml.decoding import DrawingError
from ml.preprocessing import CENTER, DIGIT_SIDE, SIDE
from predictor.images import as_data_url, as_png, as_square
from predictor.models import ModelVersion, Submission
from predictor.models.registry import MNIST, PENS, REJECTION, lookup

SHOWN_SIDE = 280  # pixels of a step's picture
WRONG_WHEN_SURE = ("calibration", "wrong_when_sure")
DIGITS_KEPT = ("rejection", "digits_kept")
# How the pen drawings are drawn that a network is evaluated on.
WAYS = {
    "medium": pgettext_lazy("way of drawing", "medium"),
    "large": pgettext_lazy("way of drawing", "large"),
    "thin": pgettext_lazy("way of drawing", "thin"),
    "corner": pgettext_lazy("way of drawing", "corner"),
    "turned left": pgettext_lazy("way of drawing", "turned left"),
    "turned right": pgettext_lazy("way of drawing", "turned right"),
    "small": pgettext_lazy("way of drawing", "small"),
    "thick": pgettext_lazy("way of drawing", "thick"),
}
# What `ml.paper` does to a picture, by the names of its steps.
PAPER_STEPS = {
    "page": (
        gettext_lazy("The sheet"),
        gettext_lazy(
            "This is a picture of paper. The sheet is looked for, and if it lies at an angle, it is"
            " straightened."
        ),
    ),
    "evened out": (
        gettext_lazy("Shadows gone"),
        gettext_lazy(
            "The light is evened out: what is darker than the paper around it shines here."
        ),
    ),
    "without lines": (
        gettext_lazy("Lines gone"),
        gettext_lazy("What is dark enough is ink. Printed lines and boxes are taken away."),
    ),
    "digit": (
        gettext_lazy("Dust gone"),
        gettext_lazy("Specks, and what reaches in from the edge, are taken away too."),
    ),
}


Box = tuple[int, int, int, int]  # x, y, width, height
Text = str | Promise


@dataclass(frozen=True)
class Step:
    """What one step made of a drawing, and what to say about it."""

    title: Text
    words: Text
    picture: str  # a data URL
    width: int
    height: int
    is_paper: bool = True  # dark on light; else light on dark
    box: Box | None = None
    balance: tuple[float, float] | None = None  # x, y


@dataclass(frozen=True)
class Explanation:
    """All steps, and what the network saw, uint8 (28, 28)."""

    steps: list[Step]
    is_exact: bool  # whether they lead to the very pixels that it saw
    seen: UInt8Array

    @property
    def encoded(self) -> str:
        """What the network saw, row by row, in base64."""
        return base64.b64encode(self.seen.tobytes()).decode()


def explain(drawing: Submission) -> Explanation:
    """Make the steps again from the stored drawing; none where it can't be read any more."""
    seen = as_square(drawing.pixels)
    try:
        made = preprocessing.steps(bytes(drawing.drawing))
    except DrawingError:
        return Explanation([], False, seen)
    steps = [_ink(made), *_paper(made), _box(made), *_scaled(made["drawn"], seen)]
    return Explanation(steps, bool(np.array_equal(made["centered"], seen)), seen)


def _step(
    title: Text, words: Text, picture: UInt8Array, *, is_paper: bool = True, box: Box | None = None
) -> Step:
    height, width = picture.shape[:2]
    url = as_data_url(as_png(picture, SHOWN_SIDE))
    return Step(title, words, url, width, height, is_paper, box)


def _balanced(title: Text, words: Text, picture: UInt8Array, balance: tuple[float, float]) -> Step:
    return replace(_step(title, words, picture, is_paper=False), balance=balance)


def _ink(made: dict[str, UInt8Array]) -> Step:
    height, width = made["decoded"].shape[:2]
    amount = np.count_nonzero(made["ink"]) / made["ink"].size
    words = _(
        "Your picture is %(width)s pixels wide and %(height)s high. What has another colour than"
        " the paper is ink: here %(amount)s of it."
    )
    words %= {"width": width, "height": height, "amount": percent(amount)}
    return _step(_("The ink"), words, made["decoded"])


def _paper(made: dict[str, UInt8Array]) -> list[Step]:
    return [
        _step(*PAPER_STEPS[name], made[name], is_paper=name == "page")
        for name in PAPER_STEPS
        if name in made
    ]


def _box(made: dict[str, UInt8Array]) -> Step:
    x, y, width, height = cv2.boundingRect(made.get("digit", made["ink"]))
    words = _(
        "The smallest box round it is %(width)s pixels wide and %(height)s high. It begins %(x)s"
        " pixels from the left and %(y)s from the top. What is outside is forgotten, so it does not"
        " matter where you draw."
    )
    words %= {"width": width, "height": height, "x": x, "y": y}
    picture = made.get("page", made["decoded"])
    return _step(_("A box round it"), words, picture, box=(x, y, width, height))


def _scaled(drawn: UInt8Array, seen: UInt8Array) -> list[Step]:
    """Shrink to a longer side of 20; then move the centre of mass, which leads to what was seen."""
    small = _shrunk(drawn)
    height, width = small.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    middle = np.pad(small, [(top, SIDE - height - top), (left, SIDE - width - left)])
    x, y = _balance(middle, 1), _balance(middle, 0)
    shrunk = _(
        "The box is made smaller or larger until its longer side has %(side)s pixels. Now it is"
        " %(width)s wide and %(height)s high, so it does not matter how large you draw."
    )
    moved = _(
        "Cut out of cardboard, the digit would balance on a pencil at this point, its centre of"
        " mass. It was %(x)s pixels from the left and %(y)s from the top; it is moved to %(center)s"
        " and %(center)s. These %(side)s by %(side)s pixels, 0 for paper to 255 for ink, are all"
        " that the network sees."
    )
    shrunk %= {"side": DIGIT_SIDE, "width": width, "height": height}
    moved %= {"x": decimal(x, 1), "y": decimal(y, 1), "center": decimal(CENTER, 1), "side": SIDE}
    return [
        _balanced(_("20 pixels"), shrunk, middle, (x, y)),
        _balanced(_("Balanced"), moved, seen, (CENTER, CENTER)),
    ]


def _shrunk(drawn: UInt8Array) -> UInt8Array:
    scale = DIGIT_SIDE / max(drawn.shape)
    height, width = (max(1, round(side * scale)) for side in drawn.shape)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(drawn, (width, height), interpolation=kind), np.uint8)


def _balance(drawn: UInt8Array, axis: int) -> float:
    """The centre of mass along an axis, in pixels from the edge."""
    profile = drawn.sum(axis=1 - axis, dtype=np.float64)
    return float((np.arange(len(profile)) + 0.5) @ profile / profile.sum())


def networks(drawing: Submission) -> tuple[ModelVersion, ModelVersion | None]:
    """Return the one that read the drawing, and the active one if there is one."""
    either = Q(pk=drawing.model_id) | Q(is_active=True)
    versions = list(ModelVersion.objects.listed().filter(either))
    reader = next(version for version in versions if version.pk == drawing.model_id)
    return reader, next((version for version in versions if version.is_active), None)


def figures(version: ModelVersion) -> list[tuple[str, str]]:
    """Return what was measured when it was trained, in words; less what wasn't."""
    metric = version.metric
    worst, at_worst = _worst_pens(version)
    way = WAYS.get(worst, worst)
    rows = [
        (_("Digits that strangers drew with a pen: read right"), metric(*PENS)),
        (_("The same, drawn in the way that it reads worst (“%(way)s”)") % {"way": way}, at_worst),
        (
            _("Digits of MNIST, an old collection that all such networks are tried on"),
            metric(*MNIST),
        ),
        # xgettext:no-python-format
        (_("When it was 99% sure or more: wrong all the same"), metric(*WRONG_WHEN_SURE)),
        (_("Real digits that it refused as “not a digit”"), _rest(metric(*DIGITS_KEPT))),
        (_("Letters, signs and scribbles that it took for digits"), _rest(metric(*REJECTION))),
    ]
    return [(words, percent(figure, 2)) for words, figure in rows if figure is not None]


def _worst_pens(version: ModelVersion) -> tuple[str, float | None]:
    """The way of drawing that it reads worst, and its accuracy; None where none was measured."""
    found = lookup(version.metadata, ["metrics", "pens"])
    names = found if isinstance(found, dict) else {}
    accuracies = [(version.metric("pens", name, "accuracy"), name) for name in names]
    measured = [(accuracy, name) for accuracy, name in accuracies if accuracy is not None]
    accuracy, name = min(measured, default=(None, ""))
    return name, accuracy


def _rest(proportion: float | None) -> float | None:
    return None if proportion is None else 1 - proportion
