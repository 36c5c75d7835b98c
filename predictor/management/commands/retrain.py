import shutil
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from predictor import comparisons, gate, register, retrain
from predictor.management.commands.compare_models import active, compare


class Command(BaseCommand):
    help = (
        "Learns what was labelled since the last time, and puts the new network to work if it is"
        " not worse. Stopped anywhere, it goes on when it is run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data",
            type=Path,
            default=gate.DATA,
            metavar="DIR",
            help="where mnist.npz and the pen drawings are (default: %(default)s)",
        )

    def handle(self, *, data: Path, **options: Any) -> None:
        if not find_spec("tensorflow"):
            raise CommandError("TensorFlow is not installed here; run make retrain.")
        retrain.clear()
        try:
            with retrain.alone() as lock:
                self.run(data.resolve(), lock)
        except retrain.Busy:
            raise CommandError("Another retraining is under way.") from None
        except register.Unfit as error:
            raise CommandError(str(error)) from None

    def run(self, data: Path, lock: IO[str]) -> None:
        run = retrain.Run.resume_or_begin()
        if not run.count():
            shutil.rmtree(run.folder)
            since = f" since {run.since}" if run.since else ""
            return self.stdout.write(f"Nothing was labelled{since}: trained 0 networks.")
        manifest = retrain.export(run)
        network = retrain.add(run.trained() or retrain.train(run, data, lock))
        comparison = compare(network, active(), self.stderr, data)
        self.stdout.write(comparisons.as_text(comparison))
        # Nobody looks on, so that it takes evidence and not only the lack of a fault.
        reasons = gate.refusals(comparison) + gate.unproven(comparison)
        file = retrain.report(manifest, comparison, reasons)
        if not reasons:
            retrain.put_to_work(network)
        shutil.rmtree(run.folder)
        if reasons:
            raise CommandError(
                f"Added {network}, and did not put it to work. {' '.join(reasons)} See {file}."
            )
        self.stdout.write(
            f"Trained 1 network on {manifest['count']:,} drawings and put it to work: {network}."
            f" See {file}."
        )
