"""Measurements, a line of JSON each, that are kept while more of them are made."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read(file: Path) -> list[Row]:
    """Return those that are there already."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def append(file: Path, rows: list[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
