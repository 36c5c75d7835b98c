"""Comparisons for people: as text, and with pictures."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digitsite.formats import decimal, integer, percent, signed
from ml.files import write_file
from ml.metrics import gain_interval
from predictor.images import as_png, as_square
from predictor.models import Comparison, Label, Submission
from predictor.registry.promotion import counts_of

FOLDER = settings.BASE_DIR / "var" / "comparisons"
TITLES = {
    "audited": gettext_lazy("The audit sample, drawn at random, that neither was trained on"),
    "reviewed": gettext_lazy("All reviewed drawings that neither was trained on, mostly hard ones"),
    "mnist": gettext_lazy("MNIST's test set"),
}
KINDS = {"fixed": gettext_lazy("fixed"), "broken": gettext_lazy("broken")}


def figures(part: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return each figure with its name, of the new version and of the old one."""
    sides = (part["new"], part["old"])
    rows = [
        (_("accuracy"), *(_proportion(side["right"], part["drawings"]) for side in sides)),
        # xgettext:no-python-format
        (_("95% confidence interval"), *(_interval(*side["interval"]) for side in sides)),
        (_("calibration error"), *(decimal(side["calibration_error"], 4) for side in sides)),
        (_("digits accepted"), *(_proportion(s["digits_kept"], s["digits"]) for s in sides)),
        (_("negatives rejected"), *(_proportion(s["others_rejected"], s["others"]) for s in sides)),
    ]
    for label in part["old"]["by_label"]:
        counts = [side["by_label"][label] for side in sides]
        accuracies = (_proportion(count["right"], count["drawings"]) for count in counts)
        rows.append((_("accuracy on “%(label)s”") % {"label": _(label)}, *accuracies))
    return rows


def _interval(low: float, high: float) -> str:
    return _("%(low)s to %(high)s") % {"low": percent(low, 2), "high": percent(high, 2)}


def _proportion(count: int, total: int) -> str:
    if not total:
        return _("no drawings")
    figures = {"count": integer(count), "total": integer(total)}
    figures["percent"] = percent(count / total, 2)
    return _("%(percent)s (%(count)s of %(total)s)") % figures


def summary(part: dict[str, Any]) -> str:
    low, high = gain_interval(part["fixed"], part["broken"], part["drawings"])
    gain = (part["fixed"] - part["broken"]) / part["drawings"]
    text = _(
        "fixed: %(fixed)s, broken: %(broken)s (McNemar's test: p = %(p)s); accuracy %(gain)s points"
        " (95%% confidence interval %(low)s to %(high)s)"
    )
    points = {"gain": gain, "low": low, "high": high}
    return text % (counts_of(part) | {name: signed(100 * x, 2) for name, x in points.items()})


def as_text(comparison: Comparison) -> str:
    lines = [f"{comparison.new_id} (new) beside {comparison.old_id} (old)"]
    for name, title in TITLES.items():
        part = comparison.report.get(name)
        if not part:
            lines.append(f"{title}: not available")
            continue
        lines.append(f"{title}: {part['drawings']:,}")
        if not part["drawings"]:
            continue
        lines += [f"  {what:28} {new:28} {old}" for what, new, old in figures(part)]
        lines.append(f"  {summary(part)}")
        for kind, flips in part["flips"].items():
            lines += [f"  {KINDS[kind]}: {_flip_as_text(flip)}" for flip in flips]
    return "\n".join(lines)


def _flip_as_text(flip: dict[str, Any]) -> str:
    return f"{flip.get('id') or flip['index']} {_said(flip)}"


def _said(flip: dict[str, Any]) -> str:
    label, old, new = (Label(flip[key]).label for key in ("label", "old", "new"))
    text = _("is %(label)s, was predicted to be %(old)s, now %(new)s")
    return text % {"label": label, "old": old, "new": new}


def with_pictures(comparison: Comparison, visitors: bool = True) -> list[dict[str, Any]]:
    """The parts as templates show them. Drawings that were erased since have no picture.

    visitors: whether with visitors' drawings, or with counts of them alone, as in a file.
    """
    parts: list[dict[str, Any]] = []
    for name, title in TITLES.items():
        part = comparison.report.get(name)
        if not part or not part["drawings"]:
            parts.append({"title": title, "drawings": 0 if part else None})
            continue
        if name != "mnist" and not visitors:
            part = part | {"flips": {kind: [] for kind in part["flips"]}}
        flips = [flip for flips in part["flips"].values() for flip in flips]
        pictures = pictures_of([flip["id"] for flip in flips if "id" in flip])
        parts.append(
            {
                "name": name,
                "title": title,
                "drawings": part["drawings"],
                "figures": figures(part),
                "summary": summary(part),
                "flips": [
                    (KINDS[kind], part[kind], [_shown(flip, pictures) for flip in flips])
                    for kind, flips in part["flips"].items()
                ],
            }
        )
    return parts


def _shown(flip: dict[str, Any], pictures: dict[str, str]) -> dict[str, Any]:
    id = flip.get("id")
    return {
        "said": _said(flip),
        "picture": pictures.get(id) if id else f"data:image/png;base64,{flip['png']}",
        "path": reverse("admin:predictor_submission_change", args=[id]) if id in pictures else None,
    }


def pictures_of(ids: list[str]) -> dict[str, str]:
    """What the network saw, as data URIs, of those that are still there."""
    rows = Submission.objects.filter(pk__in=ids).values_list("pk", "pixels")
    return {
        str(id): f"data:image/png;base64,{base64.b64encode(as_png(as_square(pixels))).decode()}"
        for id, pixels in rows
    }


def without_drawings(report: dict[str, Any]) -> dict[str, Any]:
    """Return a comparison's figures: no file keeps what became of a single drawing."""
    return report | {
        name: {key: value for key, value in report[name].items() if key != "flips"}
        for name in report.keys() & {"audited", "reviewed"}
    }


def write_figures(comparison: Comparison) -> Path:
    file = FOLDER / f"{comparison.new_id}-{comparison.old_id}.json"
    write_file(file, _as_json(without_drawings(comparison.report)))
    return file


def clear_files() -> None:
    """Take drawings out of files that were written while they still named them."""
    for file in FOLDER.glob("*.json"):
        try:
            report = json.loads(file.read_bytes())
            figures = without_drawings(report)
        except (ValueError, KeyError, TypeError, AttributeError):
            file.unlink(missing_ok=True)
            continue
        if figures != report:
            write_file(file, _as_json(figures))
    for unfinished in FOLDER.glob("*.new"):
        unfinished.unlink(missing_ok=True)


def _as_json(figures: dict[str, Any]) -> bytes:
    return json.dumps(figures, indent=1).encode() + b"\n"
