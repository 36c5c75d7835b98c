"""Reading a drawing, and storing it with its prediction: one way for pages and API."""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import random
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from django.db import IntegrityError
from django.utils.translation import gettext

from digitsite.errors import Unavailable
from digitsite.formats import integer
from ml import decoding, preprocessing
from ml.arrays import UInt8Array
from ml.decoding import Checked, DrawingError, DrawingTooLarge
from ml.runtime import Network, NotProbabilities, Prediction
from ml.strokes import CANVAS, Strokes, from_lists, on_canvas, paint, pen_widths
from predictor import images, metrics
from predictor.models import Submission, Tombstone

logger = logging.getLogger(__name__)


class IdTaken(Exception):
    """The id that was sent belongs to another submission, or to one that was erased."""


class NoAnswer(Unavailable):
    """The network answered something else than probabilities, which is neither told nor stored."""

    def __init__(self) -> None:
        super().__init__(
            gettext("The site can't read drawings just now. Please try again in a minute.")
        )


class UnreadableImages(Exception):
    def __init__(self, errors: dict[int, str]) -> None:
        """errors: a sentence for each image that can't be read, by its index."""
        super().__init__(errors)
        self.errors = errors

    def as_detail(self) -> dict[Any, list[str]]:
        """As REST framework nests the errors of a list."""
        return {index: [sentence] for index, sentence in self.errors.items()}


def submit(
    network: Network,
    *,
    visitor: UUID,
    image: bytes | None = None,
    strokes: list[Any] | None = None,
    widths: list[float] | None = None,
    device: dict[str, int] | None = None,
    asked: int | None = None,
    id: UUID | None = None,
) -> tuple[Submission, bool]:
    """Return the stored submission, and whether it is new.

    image: a file; without one the strokes are painted, each as wide as widths says, in
        pixels, or as PEN where they end.
    device: the columns `pointer` and `canvas`, if they are known.
    asked: the digit that the visitor was asked for, and so says that it is.
    Raises ml.decoding.DrawingError, IdTaken, NoAnswer.
    """
    if id and (stored := _stored(id, visitor)):
        return stored, False
    submission = _read(network, image, strokes, widths)
    submission.id, submission.visitor = id or uuid4(), visitor
    for column, value in (device or {}).items():
        setattr(submission, column, value)
    submission.asked = submission.visitor_label = asked
    try:
        submission.save(force_insert=True)  # one statement, which needs no transaction around it
    except IntegrityError:  # sent twice at once
        if stored := _stored(submission.id, visitor):
            return stored, False
        raise
    return submission, True


def check(images: list[bytes]) -> list[Checked]:
    """Look at the headers alone. Raises UnreadableImages, ml.decoding.DrawingTooLarge."""
    return _read_each(decoding.check, images)


def predict(network: Network, images: list[Checked]) -> tuple[list[Prediction], UInt8Array]:
    """Store nothing. Return the predictions, and what the network saw: uint8 (images, 28, 28).

    Raises UnreadableImages, ml.decoding.DrawingTooLarge, NoAnswer.
    """
    read = _read_each(lambda image: preprocessing.preprocess(image.decode()), images)
    pixels = np.stack(read)
    return _answers(network, pixels), pixels


def _read_each(read: Callable[[Any], Any], images: list[Any]) -> list[Any]:
    done, errors = [], {}
    for index, image in enumerate(images):
        try:
            done.append(read(image))
        except DrawingTooLarge:
            raise
        except DrawingError as error:
            errors[index] = sentence_of(error)
    if errors:
        raise UnreadableImages(errors)
    return done


def sentence_of(error: DrawingError) -> str:
    """Return what is wrong with a drawing, in the current language."""
    values = error.values.items()
    written = {name: integer(v) if isinstance(v, int) else v for name, v in values}
    return gettext(error.template) % written


def set_visitor_label(submission: Submission, visitor_label: int | None) -> None:
    """Raises Submission.DoesNotExist when it was erased meanwhile."""
    if not Submission.objects.filter(pk=submission.pk).update(visitor_label=visitor_label):
        raise Submission.DoesNotExist
    submission.visitor_label = visitor_label


def _stored(id: UUID, visitor: UUID) -> Submission | None:
    """Raises IdTaken when it is another visitor's, or was erased."""
    stored = Submission.objects.without_blobs().filter(pk=id).first()
    if stored and stored.visitor == visitor:
        return stored
    if stored or Tombstone.objects.filter(pk=id).exists():
        raise IdTaken
    return None


def _read(
    network: Network,
    image: bytes | None,
    strokes: list[Any] | None,
    widths: list[float] | None,
) -> Submission:
    lines = from_lists(strokes or [])
    pens = pen_widths(lines, widths)
    picture, drawing = _drawing(image, lines, pens)
    pixels = preprocessing.preprocess(picture)
    [prediction] = _answers(network, pixels[None])
    return Submission(
        model_id=network.version,
        preprocessing=preprocessing.VERSION,
        digit=prediction.digit,
        confidence=prediction.confidence,
        is_digit=prediction.is_digit,
        digit_score=prediction.digit_score,
        probabilities=prediction.probabilities,
        sampling_key=random(),  # Django takes longer to have the database do so
        pixels=pixels.tobytes(),
        strokes=strokes,
        drawing=drawing,
        widths=pens if lines else None,
    )


def _answers(network: Network, pixels: UInt8Array) -> list[Prediction]:
    try:
        predictions = network.predict(pixels)
    except NotProbabilities as error:
        logger.error("No probabilities: %s", error)
        raise NoAnswer from error
    metrics.answered(network.version, predictions)
    return predictions


def _drawing(image: bytes | None, lines: Strokes, widths: list[float]) -> tuple[UInt8Array, bytes]:
    """Return what is read, uint8 (height, width[, 3]), and the file to store.

    That is the image, unless a browser made noise of its canvas to resist fingerprinting: then, and
    without one, the strokes as the page shows them.
    """
    if image is not None:
        picture = decoding.decode(image)
        is_canvas = picture.shape[:2] == (CANVAS, CANVAS)
        if not (is_canvas and on_canvas(lines) and preprocessing.is_noise(picture)):
            return picture, images.to_store(image, picture)
    picture = 255 - paint(lines, widths)
    return picture, images.as_png(picture)
