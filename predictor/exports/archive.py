"""An export as one file, to send."""

from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import translation

from predictor.exports import exporter
from predictor.exports.exporter import Filters
from predictor.exports.writers import COMPRESSION


def write(format: str, filters: Filters, who: str) -> IO[bytes]:
    """Return a temporary zip file of an export and its manifest, asked for by who."""
    file = TemporaryFile()
    # What files name labels is the same for whoever asks for them, in whatever language.
    with (
        translation.override(None),
        TemporaryDirectory() as folder,
        ZipFile(file, "w", ZIP_DEFLATED) as archive,
    ):
        path = Path(folder, f"corrections.{format}")
        exporter.export(path, format, filters, progress=lambda count: None, who=who)
        for name, each in exporter.files(Path(folder)).items():
            archive.write(each, name, compresslevel=COMPRESSION)
    file.seek(0)
    return file
