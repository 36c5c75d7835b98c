from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from predictor import backups
from predictor.management.commands.backup import Bar, counted


class Command(BaseCommand):
    help = (
        "Puts back what manage.py backup wrote, while the site does not run. What was there before"
        " is kept as another backup beside the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE")

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            with connection.wrap_database_errors, Bar(self) as shown:
                manifest, kept = backups.restore(path, shown)
        except backups.Refused as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename2 or error.filename}") from None
        before = f" What was there before is in {kept}." if kept else ""
        self.stdout.write(
            f"Restored {counted(manifest)}, as they were at {manifest['made_at'][:16]} UTC.{before}"
        )
