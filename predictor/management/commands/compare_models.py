from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from predictor.management.comparing import (
    active_version,
    add_data_argument,
    compare,
    find_version,
)
from predictor.registry import promotion, reports


class Command(BaseCommand):
    help = "Compares two networks: which drawings the new one fixes, and which it breaks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("new", metavar="NEW")
        parser.add_argument("old", metavar="OLD", nargs="?", help="default: the active one")
        add_data_argument(parser)

    def handle(self, *, new: str, old: str | None, data: Path, **options: Any) -> None:
        candidate = find_version(new)
        current = find_version(old) if old else active_version()
        comparison = compare(candidate, current, self.stderr, data)
        notes = promotion.blocking_reasons(comparison) + promotion.missing_evidence(comparison)
        self.stdout.write("\n".join([reports.as_text(comparison), *notes]))
        file = reports.write_figures(comparison)
        parts = (comparison.report["mnist"], comparison.report["reviewed"])
        drawings = sum(part["drawings"] for part in parts if part)
        self.stdout.write(
            f"Compared {candidate} with {current} on {drawings:,} drawings; pictures at"
            f" {comparison.get_absolute_url()}, figures in {file}."
        )
