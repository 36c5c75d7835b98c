from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor import synthetic
from predictor.models import Submission


def positive(text: str) -> int:
    if text.isascii() and text.isdigit() and (count := int(text[:12])) > 0:
        return count
    raise ArgumentTypeError("give a number of drawings, such as 1000000")


class Command(BaseCommand):
    help = (
        "Fills the database with drawings, to measure how the site does with many: a year of them,"
        " by many visitors, one in ten with a label. They are copies of the newest drawings that"
        " are there, or else of some that it submits. Nothing tells them from visitors' own"
        " afterwards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=positive, metavar="COUNT")
        parser.add_argument(
            "--force",
            action="store_true",
            help="also on a public site, and among drawings that are there already",
        )

    def handle(self, *, count: int, force: bool, **options: Any) -> None:
        if not force:
            refuse_where_people_draw()
        if not Submission.objects.exists():
            synthetic.draw_originals()
        with tqdm(total=count, unit=" drawings", delay=2, file=self.stderr) as bar:
            for stored in synthetic.copy(count):
                bar.update(stored)
        synthetic.tidy()
        self.stdout.write(f"Made {count:,} drawings; there are {Submission.objects.count():,} now.")


def refuse_where_people_draw() -> None:
    """Raises CommandError."""
    if settings.PUBLIC:
        raise CommandError("This is a public site. To fill it all the same, pass --force.")
    if there := Submission.objects.count():
        raise CommandError(
            f"There are {there:,} drawings already, from which these could not be told afterwards."
            " Use another DATABASE_URL, or pass --force."
        )
