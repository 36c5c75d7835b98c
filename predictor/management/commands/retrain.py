import shutil
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor.management.comparing import active_version, add_data_argument, compare
from predictor.models import ModelVersion, RetrainingLease, SiteEvent
from predictor.registry import lease, promotion, reports, retraining
from predictor.registry.retraining import Exclusive, Run
from predictor.registry.validation import InvalidModel


class Command(BaseCommand):
    help = (
        "Fine-tunes the active network on all labels, if there are new ones since the last time,"
        " and activates the new one if it is not worse. Stopped anywhere, it resumes when it is run"
        " again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_data_argument(parser)

    def handle(self, *, data: Path, **options: Any) -> None:
        if not find_spec("tensorflow"):
            raise CommandError("TensorFlow is not installed here; run make retrain.")
        retraining.clear_files()
        try:
            with retraining.exclusive() as lock:
                self.run(Run.resume_or_begin(active_version().pk), data.resolve(), lock)
        except lease.Busy:
            raise CommandError("Another retraining is running.") from None
        except (InvalidModel, promotion.AnotherActive, retraining.Failed, lease.Lost) as error:
            raise CommandError(str(error)) from None

    def run(self, run: Run, data: Path, lock: Exclusive) -> None:
        new = run.count_new()
        if not new:
            shutil.rmtree(run.folder)
            since = f" since {run.since}" if run.since else ""
            return self.stdout.write(
                f"Nothing to train on was labelled{since}: trained 0 networks."
            )
        SiteEvent.objects.record(SiteEvent.Action.RETRAINING, base=run.base, drawings=new)
        lease.note(lock.token, stage=RetrainingLease.Stage.EXPORTING)
        with tqdm(total=run.count(), unit=" drawings", delay=2, file=self.stderr) as bar:
            manifest = retraining.export_all(run, bar.update)
        lease.note(lock.token, stage=RetrainingLease.Stage.TRAINING)
        trained = run.trained() or retraining.train(run, data, lock)
        lease.ensure_held(lock.token)
        lease.note(lock.token, stage=RetrainingLease.Stage.COMPARING)
        version = retraining.add(trained)
        reasons, report = self.promote(version, manifest, data)
        shutil.rmtree(run.folder)
        done = (
            f"Trained 1 network on {version.corrections_count:,} of {manifest['count']:,} labelled"
            f" drawings, {new:,} of which are new: {version}."
        )
        if reasons:
            sentences = " ".join(reasons)
            raise CommandError(f"{done} It was not activated. {sentences} See {report}.")
        self.stdout.write(f"{done} It is active. See {report}.")

    def promote(
        self, version: ModelVersion, manifest: dict[str, Any], data: Path
    ) -> tuple[list[str], Path]:
        """Activate the version, or return the reasons why not; and the report."""
        comparison = compare(version, active_version(), self.stderr, data)
        self.stdout.write(reports.as_text(comparison))
        # Nobody looks on, so that it takes evidence, and not only the lack of a fault.
        reasons = promotion.blocking_reasons(comparison) + promotion.missing_evidence(comparison)
        report = retraining.write_report(manifest, comparison, reasons)
        if not reasons:
            retraining.promote(version, comparison.old)
        return reasons, report
