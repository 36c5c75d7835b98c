"""What is kept of drawings beside themselves, so that it goes with them when they are erased."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ml.files import write_file
from predictor.models import Submission
from predictor.networks import Comparison


def forget_erased() -> None:
    """Also what was erased while nobody came to this, because a process was stopped."""
    for comparison in Comparison.objects.iterator(chunk_size=10):
        forget_flips(comparison)


def forget_flips(comparison: Comparison) -> None:
    """Keeps what two networks made of drawings only of those that are still there."""
    reviewed = comparison.report["reviewed"]
    ids = [flip["id"] for flips in reviewed["flips"].values() for flip in flips]
    found = Submission.objects.filter(pk__in=ids).values_list("pk", flat=True)
    there = {str(id) for id in found}
    if there.issuperset(ids):
        return
    reviewed["flips"] = {
        kind: [flip for flip in flips if flip["id"] in there]
        for kind, flips in reviewed["flips"].items()
    }
    comparison.save(update_fields=["report"])


def without_drawings(report: dict[str, Any]) -> dict[str, Any]:
    """A comparison's figures: no file keeps what became of a single drawing."""
    reviewed = {key: value for key, value in report["reviewed"].items() if key != "flips"}
    return report | {"reviewed": reviewed}


def clear_comparisons(folder: Path) -> None:
    """Files that were written while they still named drawings."""
    for file in folder.glob("*.json"):
        try:
            report = json.loads(file.read_bytes())
            figures = without_drawings(report)
        except (ValueError, KeyError, TypeError, AttributeError):
            file.unlink(missing_ok=True)
            continue
        if figures != report:
            write_file(file, json.dumps(figures, indent=1).encode() + b"\n")
    for draft in folder.glob("*.new"):
        draft.unlink(missing_ok=True)
