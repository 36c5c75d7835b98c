import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor import comparisons, gate
from predictor.networks import Comparison, ModelVersion

FOLDER = settings.BASE_DIR / "var" / "comparisons"


class Command(BaseCommand):
    help = "Which drawings another network puts right, and which it breaks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("new", metavar="NEW")
        parser.add_argument("old", metavar="OLD", nargs="?", help="default: the active one")

    def handle(self, *, new: str, old: str | None, **options: Any) -> None:
        candidate = find(new)
        comparison = compare(candidate, find(old) if old else active(), self.stderr)
        self.stdout.write(comparisons.as_text(comparison))
        FOLDER.mkdir(parents=True, exist_ok=True)
        file = FOLDER / f"{comparison.new_id}-{comparison.old_id}.json"
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(comparison.report, indent=1) + "\n")
        draft.replace(file)
        for reason in gate.refusals(comparison):
            self.stdout.write(reason)
        drawings = sum(part["drawings"] for part in parts(comparison))
        self.stdout.write(
            f"Compared {candidate} with {comparison.old_id} on {drawings:,} drawings; pictures at"
            f" {comparison.get_absolute_url()}, figures in {file}."
        )


def parts(comparison: Comparison) -> list[dict[str, Any]]:
    return [part for part in (comparison.report["mnist"], comparison.report["reviewed"]) if part]


def compare(new: ModelVersion, old: ModelVersion, stderr: Any) -> Comparison:
    """With a progress bar."""
    with tqdm(total=gate.amount(new, old), unit=" drawings", delay=2, file=stderr) as bar:
        return gate.compare(new, old, bar.update)


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
