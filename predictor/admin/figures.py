"""What a network's metadata says, as tables and a plot.

Metadata come from files: whatever has not the expected shape is shown as text, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import isfinite
from typing import Any, NamedTuple

from digitsite.formats import integer, percent, significant
from predictor.models.registry import is_proportion, lookup

# They have a table or a plot of their own.
CONFUSION = "confusion"
LOSSES = ("losses", "validation_losses")


class Cell(NamedTuple):
    drawings: str
    shade: str  # the class of the dashboard's confusion matrix


Matrix = list[tuple[str, list[Cell]]]  # of each label its name, and a cell for each prediction


class Epoch(NamedTuple):
    number: int
    trained: str
    validated: str


class Curves(NamedTuple):
    """Losses by epoch: as rows, and as the points of two lines in a box of 100 by 100."""

    epochs: list[Epoch]
    trained: str
    validated: str
    lowest: str
    highest: str


def measured(metadata: Any) -> list[tuple[str, str]]:
    """Return name and value of each measure, proportions as percentages."""
    metrics = lookup(metadata, ["metrics"])
    return list(_leaves(_without(metrics, [CONFUSION]), proportions=True))


def training(metadata: Any) -> list[tuple[str, str]]:
    """Return name and value of all else that is known of the training."""
    return list(_leaves(_without(metadata, ["metrics", *LOSSES])))


def facts(value: Any) -> list[tuple[str, str]]:
    """Return name and value of whatever a file tells, such as a manifest."""
    return list(_leaves(value))


def confusion(metadata: Any) -> Matrix:
    """Return a row for each label; none where there is no square matrix of counts."""
    matrix = lookup(metadata, ["metrics", CONFUSION])
    if not isinstance(matrix, list) or not all(_is_row(row, len(matrix)) for row in matrix):
        return []
    return [
        (str(i), [Cell(integer(count), _shade(count, i == j)) for j, count in enumerate(row)])
        for i, row in enumerate(matrix)
    ]


def curves(metadata: Any) -> Curves | None:
    """Return the losses of training and validation; None where there are fewer than two."""
    trained, validated = (lookup(metadata, [name]) for name in LOSSES)
    if not (_is_curve(trained) and _is_curve(validated) and len(trained) == len(validated)):
        return None
    low, high = min(trained + validated), max(trained + validated)
    rows = enumerate(zip(trained, validated, strict=True), 1)
    return Curves(
        [Epoch(n, significant(a, 4), significant(b, 4)) for n, (a, b) in rows],
        _points(trained, low, high),
        _points(validated, low, high),
        significant(low, 4),
        significant(high, 4),
    )


def _without(value: Any, names: list[str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name not in names}


def _leaves(value: Any, name: str = "", proportions: bool = False) -> Iterator[tuple[str, str]]:
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        parts = enumerate(value, 1)
    elif name:
        return iter([(name, _text(value, proportions))])
    return chain.from_iterable(
        _leaves(each, f"{name} › {key}".removeprefix(" › ").replace("_", " "), proportions)
        for key, each in parts
    )


def _text(value: Any, proportions: bool) -> str:
    if isinstance(value, list):
        return ", ".join(_text(each, proportions) for each in value)
    if type(value) is int:
        return integer(value)
    if type(value) is float:
        as_percentage = proportions and is_proportion(value)
        return percent(value, 2) if as_percentage else significant(value, 4)
    return "" if value is None else str(value)


def _is_row(row: Any, length: int) -> bool:
    return (
        isinstance(row, list)
        and len(row) == length
        and all(type(count) is int and count >= 0 for count in row)
    )


def _shade(count: int, right: bool) -> str:
    return ("right" if right else "wrong") if count else ""


def _is_curve(losses: Any) -> bool:
    return (
        isinstance(losses, list)
        and len(losses) > 1
        and all(type(loss) is float and isfinite(loss) for loss in losses)
    )


def _points(losses: list[float], low: float, high: float) -> str:
    step, height = 100 / (len(losses) - 1), (high - low) or 1.0
    return " ".join(
        f"{step * i:.2f},{100 * (high - loss) / height:.2f}" for i, loss in enumerate(losses)
    )
