"""Files and folders that are there whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write a file or make a folder at, which then takes its place.

    When the block raises, nothing of it stays. A folder can't replace one that has something in it.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        else:
            unfinished.unlink(missing_ok=True)


def write_file(path: Path, content: bytes) -> None:
    with write_atomically(path) as unfinished:
        unfinished.write_bytes(content)


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write a new folder of files by their names. Raises FileExistsError."""
    if folder.exists():
        raise FileExistsError(f"{folder} exists already.")
    with write_atomically(folder) as unfinished:
        unfinished.mkdir()
        for name, content in files.items():
            (unfinished / name).write_bytes(content)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
