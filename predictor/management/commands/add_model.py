from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.registry import validation


class Command(BaseCommand):
    help = "Adds a trained network to the registry, if it is complete and valid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="as ml.train wrote it")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            network, parity = validation.add(folder)
        except validation.InvalidModel as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from None
        samples = network.training_samples.count()
        self.stdout.write(f"{parity}.")
        base = network.metadata["parent"]
        if base and not network.parent:
            self.stdout.write(f"Its base model {base} is not in this registry.")
        self.stdout.write(
            f"Added 1 network: {network}, with {samples:,} corrections in its lineage."
        )
