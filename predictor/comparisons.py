"""What came out of a comparison, for people: as text, and with pictures."""

from __future__ import annotations

import base64
from typing import Any

from django.urls import reverse

from predictor.images import as_png, as_square
from predictor.models import Label, Submission
from predictor.networks import Comparison

TITLES = {
    "mnist": "MNIST's test set",
    "reviewed": "Reviewed drawings from which neither learnt",
}
KINDS = {"fixed": "put right", "broken": "broken"}


def figures(part: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each with its name, of the new network and of the old one."""
    sides = (part["new"], part["old"])
    rows = [
        ("read right", *(_share(side["right"], part["drawings"]) for side in sides)),
        ("95 % interval", *("{:.2%} to {:.2%}".format(*side["interval"]) for side in sides)),
        ("calibration error", *(f"{side['calibration_error']:.4f}" for side in sides)),
        ("digits taken for digits", *(_share(s["digits_kept"], s["digits"]) for s in sides)),
        ("others turned away", *(_share(s["others_rejected"], s["others"]) for s in sides)),
    ]
    for label in part["old"]["by_label"]:
        counts = [side["by_label"][label] for side in sides]
        rows.append((f"“{label}” read right", *(_share(c["right"], c["drawings"]) for c in counts)))
    return rows


def _share(part: int, total: int) -> str:
    return f"{part / total:.2%} ({part:,} of {total:,})" if total else "none to ask"


def summary(part: dict[str, Any]) -> str:
    return (
        f"put right: {part['fixed']:,}, broken: {part['broken']:,}"
        f" (McNemar's test: p = {part['p']:.2g})"
    )


def as_text(comparison: Comparison) -> str:
    lines = [f"{comparison.new_id} (new) beside {comparison.old_id} (old)"]
    for name, title in TITLES.items():
        part = comparison.report[name]
        if not part:
            lines.append(f"{title}: not at hand")
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
    return f"is {label}, was read as {old}, now as {new}"


def with_pictures(comparison: Comparison, visitors: bool = True) -> list[dict[str, Any]]:
    """The parts as templates show them. Drawings that were erased since have no picture.

    visitors: whether with visitors' drawings, or with counts of them alone, as in a file.
    """
    parts = []
    for name, title in TITLES.items():
        part = comparison.report[name]
        if not part:
            parts.append({"title": title, "drawings": None})
            continue
        if name == "reviewed" and not visitors:
            part = part | {"flips": {kind: [] for kind in part["flips"]}}
        flips = [flip for flips in part["flips"].values() for flip in flips]
        pictures = pictures_of([flip["id"] for flip in flips if "id" in flip])
        parts.append(
            {
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
