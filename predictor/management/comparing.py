"""What the commands that compare and activate model versions share."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper
from tqdm import tqdm

from predictor.models import Comparison, ModelVersion
from predictor.registry import evaluation


def add_data_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=evaluation.DATA,
        metavar="DIR",
        help="where mnist.npz is, and for training the pen drawings (default: %(default)s)",
    )


def find_version(version: str) -> ModelVersion:
    found: ModelVersion | None = ModelVersion.objects.filter(pk=version).first()
    if not found:
        raise CommandError(f"There is no network {version}.")
    return found


def active_version() -> ModelVersion:
    found: ModelVersion | None = ModelVersion.objects.active().first()
    if not found:
        raise CommandError("No network is active; name the one to compare with.")
    return found


def compare(new: ModelVersion, old: ModelVersion, stderr: OutputWrapper, data: Path) -> Comparison:
    """With a progress bar."""
    try:
        total = evaluation.count_drawings(new, old, data)
        with tqdm(total=total, unit=" drawings", delay=2, file=stderr) as bar:
            return evaluation.compare(new, old, data, bar.update)
    except ValueError as error:
        raise CommandError(str(error)) from None
