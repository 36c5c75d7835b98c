from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from predictor import erasure, maintenance
from predictor.models import SiteEvent, Submission
from predictor.registry import reports, retraining


def days_ago(text: str) -> datetime:
    try:
        if (days := int(text)) >= 0:
            return timezone.now() - timedelta(days)
    except (ValueError, OverflowError):
        pass
    raise ArgumentTypeError("give a number of days, such as 365")


class Command(BaseCommand):
    help = "Erases old drawings for good, with everything that is stored about them but their ids."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=days_ago, required=True, metavar="DAYS")
        parser.add_argument(
            "--keep-reviewed", action="store_true", help="only those without a label"
        )

    def handle(self, *, older_than: datetime, keep_reviewed: bool, **options: Any) -> None:
        old = Submission.objects.filter(created_at__lt=older_than)
        if keep_reviewed:
            old = old.unreviewed()
        if total := old.count():
            facts = {"before": older_than, "keep_reviewed": keep_reviewed}
            SiteEvent.objects.record(SiteEvent.Action.PURGE, drawings=total, **facts)
        with tqdm(total=total, unit=" drawings", delay=2, file=self.stderr) as bar:
            try:
                erasure.erase_all(old, bar.update)
            except KeyboardInterrupt:
                raise CommandError(
                    f"Stopped after {bar.n:,} drawings, which are erased. Run it again to go on."
                ) from None
            finally:
                self.clear_files()
        maintenance.run()
        self.stdout.write(f"Erased {bar.n:,} drawings from before {older_than:%Y-%m-%d %H:%M} UTC.")

    def clear_files(self) -> None:
        """Of what is left of these drawings, and of those that visitors erased."""
        erasure.forget_erased()
        reports.clear_files()
        retraining.clear_files()
        maintenance.forget()
