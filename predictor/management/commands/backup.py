from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from predictor import backups


class Command(BaseCommand):
    help = (
        "Writes one file with all that the site has: its SQLite database, as it is at one moment,"
        " and the secret that signs cookies. The site goes on meanwhile. Whoever has the file may"
        " read every drawing and be any visitor: keep it as safe as the site."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE")

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            with connection.wrap_database_errors, Bar(self) as shown:
                manifest = backups.back_up(path, shown)
        except backups.Refused as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename2 or error.filename}") from None
        self.stdout.write(f"Backed up {counted(manifest)} to {path}.")


class Bar(tqdm):
    """Of pages, which SQLite counts down."""

    def __init__(self, command: BaseCommand) -> None:
        super().__init__(unit=" pages", delay=2, leave=False, file=command.stderr)

    def __call__(self, left: int, total: int) -> None:
        self.total = total
        self.update(total - left - self.n)


def counted(manifest: dict[str, Any]) -> str:
    return f"{manifest['drawings']:,} drawings and {manifest['networks']:,} networks"
