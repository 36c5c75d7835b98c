import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ml.files import write_file
from predictor import comparisons, gate, leftovers
from predictor.networks import Comparison, ModelVersion

FOLDER = settings.BASE_DIR / "var" / "comparisons"


class Command(BaseCommand):
    help = "Which drawings another network puts right, and which it breaks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("new", metavar="NEW")
        parser.add_argument("old", metavar="OLD", nargs="?", help="default: the active one")
        add_data(parser)

    def handle(self, *, new: str, old: str | None, data: Path, **options: Any) -> None:
        candidate = find(new)
        comparison = compare(candidate, find(old) if old else active(), self.stderr, data)
        self.stdout.write(comparisons.as_text(comparison))
        FOLDER.mkdir(parents=True, exist_ok=True)
        file = FOLDER / f"{comparison.new_id}-{comparison.old_id}.json"
        figures = leftovers.without_drawings(comparison.report)
        write_file(file, json.dumps(figures, indent=1).encode() + b"\n")
        for reason in [*gate.refusals(comparison), *gate.unproven(comparison)]:
            self.stdout.write(reason)
        drawings = sum(part["drawings"] for part in parts(comparison))
        self.stdout.write(
            f"Compared {candidate} with {comparison.old_id} on {drawings:,} drawings; pictures at"
            f" {comparison.get_absolute_url()}, figures in {file}."
        )


def parts(comparison: Comparison) -> list[dict[str, Any]]:
    return [part for part in (comparison.report["mnist"], comparison.report["reviewed"]) if part]


def add_data(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=gate.DATA,
        metavar="DIR",
        help="where mnist.npz is (default: %(default)s)",
    )


def compare(new: ModelVersion, old: ModelVersion, stderr: Any, data: Path) -> Comparison:
    """With a progress bar."""
    try:
        total = gate.amount(new, old, data)
        with tqdm(total=total, unit=" drawings", delay=2, file=stderr) as bar:
            return gate.compare(new, old, bar.update, data)
    except ValueError as error:
        raise CommandError(str(error)) from None


def find(version: str) -> ModelVersion:
    network = ModelVersion.objects.filter(pk=version).first()
    if not network:
        raise CommandError(f"There is no network {version}.")
    return network


def active() -> ModelVersion:
    network = ModelVersion.objects.active().first()
    if not network:
        raise CommandError("No network is active; name the one to compare with.")
    return network
