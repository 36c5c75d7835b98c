"""All of a visitor's drawings as a zip file."""

from __future__ import annotations

import json
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from predictor.api.serializers import PREDICTION, label_name
from predictor.images import as_png, as_square
from predictor.models import Pointer, Submission, SubmissionQuerySet

IN_MEMORY = 2**20  # bytes; the rest waits on the disk, however slowly it is fetched
BATCH_SIZE = 20  # drawings, of at most 2 MB each, that are in memory at once


def write(drawings: SubmissionQuerySet) -> IO[bytes]:
    """Return a temporary file: drawings.json, the oldest first, and the pictures that it names."""
    file = SpooledTemporaryFile(IN_MEMORY)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, TemporaryFile() as facts:
        # Only one file of an archive can be written at a time.
        _write_each(drawings, archive, facts)
        facts.seek(0)
        with archive.open("drawings.json", "w") as index:
            index.writelines(facts)
    file.seek(0)
    return file


def _write_each(drawings: SubmissionQuerySet, archive: ZipFile, facts: IO[bytes]) -> None:
    separator = b"[\n"
    for batch in drawings.in_batches("created_at", BATCH_SIZE):
        for drawing in batch:
            facts.write(separator + json.dumps(_facts(drawing)).encode())
            # PNG is compressed already.
            archive.writestr(_picture(drawing), bytes(drawing.drawing), ZIP_STORED)
            archive.writestr(_pixels(drawing), as_png(as_square(drawing.pixels)), ZIP_STORED)
            separator = b",\n"
    facts.write(b"\n]\n" if separator == b",\n" else b"[]\n")


def _facts(drawing: Submission) -> dict[str, Any]:
    return {
        "id": str(drawing.pk),
        "created_at": drawing.created_at.isoformat(),
        "prediction": PREDICTION.to_representation(drawing),
        "model": drawing.model_id,
        "asked": drawing.asked,
        "visitor_label": label_name(drawing.visitor_label),
        "label": label_name(drawing.label),
        "strokes": drawing.strokes,
        "widths": drawing.widths,
        "device": _device(drawing),
        "drawing": _picture(drawing),
        "pixels": _pixels(drawing),
    }


def _device(drawing: Submission) -> dict[str, Any] | None:
    if drawing.pointer is None:
        return None
    return {"pointer": Pointer(drawing.pointer).name.lower(), "canvas": drawing.canvas}


def _picture(drawing: Submission) -> str:
    return f"drawings/{_name(drawing)}.png"


def _pixels(drawing: Submission) -> str:
    """What the network saw."""
    return f"pixels/{_name(drawing)}.png"


def _name(drawing: Submission) -> str:
    return f"{drawing.created_at:%Y-%m-%d-%H%M%S}-{drawing.pk}"
