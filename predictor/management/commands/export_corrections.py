from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor.exports import arrivals
from predictor.exports.exporter import Filters, export, manifest_of
from predictor.exports.writers import FORMATS
from predictor.models import ModelVersion


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("write it as 2026-01-31 or 2026-01-31T18:00:00+01:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = (
        "Writes the reviewed drawings, and a manifest beside them. npz, csv and ndjson are a file;"
        " idx and png are a folder, which must be new or empty. The label 10 stands for what is"
        " not a digit. ndjson has what was drawn on the page: an uploaded picture has no strokes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, required=True, metavar="PATH")
        parser.add_argument("--format", choices=FORMATS, default="npz")
        parser.add_argument("--since", type=moment, help="reviewed then or later (UTC)")
        parser.add_argument("--until", type=moment, help="reviewed before then (UTC)")
        parser.add_argument(
            "--changed-only",
            action="store_true",
            help="only where the label differs from the prediction",
        )
        parser.add_argument("--model", metavar="VERSION", help="only predictions of this network")

    def handle(self, *, output: Path, format: str, model: str | None, **options: Any) -> None:
        if model and not ModelVersion.objects.filter(version=model).exists():
            raise CommandError(f"There is no network {model}.")
        filters = Filters(options["since"], options["until"], options["changed_only"], model)
        arrivals.settle()  # before they are counted
        total = filters.select(format).count()
        try:
            with tqdm(total=total, unit=" drawings", delay=2, file=self.stderr) as bar:
                manifest = export(output, format, filters, bar.update)
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename2 or error.filename}") from error
        self.stdout.write(
            f"Exported {manifest['count']:,} drawings to {output}, described in"
            f" {manifest_of(output)}."
        )
