from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor import register


class Command(BaseCommand):
    help = "Takes a trained network into the register, when it is whole and fit to serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="as python -m ml.train wrote")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            network, parity = register.add(folder)
        except register.Unfit as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from None
        lessons = network.lessons.count()
        self.stdout.write(f"{parity}.")
        if network.metadata["parent"] and not network.parent:
            self.stdout.write(f"Its parent {network.metadata['parent']} is not in this register.")
        self.stdout.write(f"Added 1 network: {network}, with {lessons:,} corrections behind it.")
