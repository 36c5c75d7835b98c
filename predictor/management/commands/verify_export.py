from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.exports.exporter import verify

MAX_PROBLEMS = 10  # problems that are told


class Command(BaseCommand):
    help = "Compares an export with the manifest beside it: what has changed, is missing, or extra."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            manifest, problems = verify(path)
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CommandError("The manifest can't be read; export again.") from None
        if problems:
            more = (
                f" And {len(problems) - MAX_PROBLEMS:,} more."
                if len(problems) > MAX_PROBLEMS
                else ""
            )
            raise CommandError(" ".join(problems[:MAX_PROBLEMS]) + more)
        self.stdout.write(
            f"Verified {len(manifest['files']):,} files with {manifest['count']:,} drawings."
        )
