"""Where a training stands after each epoch, to resume it when it is interrupted."""

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ml.files import write_atomically

CHECKPOINTS = ".training"  # their folder, in that of the output
Rows = dict[str, list[int]]


def progress(folder: Path) -> tuple[int, int]:
    """Return how many epochs are done, and of how many; of a training in another process, too.

    (0, 0) before there is one.
    """
    try:
        total = int(json.loads((folder / "start.json").read_bytes())["options"]["epochs"])
        done = len((folder / "history.csv").read_text().splitlines()) - 1
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0
    return max(done, 0), total


class Checkpoints:
    """The model, the losses and the trusted labels after each epoch, in a folder of their own.

    Keras' BackupAndRestore would store the last model a second time: all of them are kept, because
    some are averaged in the end.
    """

    def __init__(self, folder: Path, options: dict[str, str]) -> None:
        """Resume what is in the folder, if the same options began it; else begin anew."""
        self.folder = folder
        self._start = folder / "start.json"
        if self._options() != options:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._write(self._start, {"options": options, "git_commit": _git_commit()})

    def _options(self) -> Any:
        try:
            return self._read(self._start)["options"]
        except (OSError, ValueError, KeyError, TypeError):
            return None  # there is none, or a damaged one

    @property
    def git_commit(self) -> str | None:
        """Of the code that began."""
        commit: str | None = self._read(self._start)["git_commit"]
        return commit

    def callbacks(self) -> list[Any]:
        import keras

        return [
            keras.callbacks.CSVLogger(str(self.folder / "history.csv"), append=True),
            keras.callbacks.ModelCheckpoint(str(self.folder / "epoch-{epoch}.keras")),
        ]

    def load(self, epoch: int) -> Any:
        """epoch: counted from 1. Raises FileNotFoundError, ValueError."""
        from ml import model

        return model.load(self.folder / f"epoch-{epoch}.keras")

    def latest(self) -> tuple[Any, int]:
        """Return the last whole model and its epoch, (None, 0) before there is one."""
        for epoch in sorted(self._epochs(), reverse=True):
            try:
                return self.load(epoch), epoch
            except ValueError:  # being written when the training was interrupted
                continue
        return None, 0

    def history(self) -> dict[str, list[float]]:
        """Return the losses, one an epoch; of one that was repeated, the last."""
        with (self.folder / "history.csv").open(newline="") as file:
            rows = {int(row["epoch"]): row for row in csv.DictReader(file)}
        ordered = [rows[epoch] for epoch in sorted(rows)]
        return {name: [float(row[name]) for row in ordered] for name in ("loss", "val_loss")}

    def trusted_rows(self) -> Rows | None:
        """Return the rows whose labels are trusted, once they are known."""
        file = self.folder / "trusted.json"
        return self._read(file) if file.is_file() else None

    def save_trusted_rows(self, rows: Rows) -> None:
        self._write(self.folder / "trusted.json", rows)

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    def _epochs(self) -> list[int]:
        return [int(file.stem.split("-")[1]) for file in self.folder.glob("epoch-*.keras")]

    def _read(self, file: Path) -> Any:
        return json.loads(file.read_text())

    def _write(self, file: Path, content: Any) -> None:
        with write_atomically(file) as unfinished:
            unfinished.write_text(json.dumps(content))


def _git_commit() -> str | None:
    """With "-dirty" when the code here is not what was committed; None outside a checkout."""

    def git(*arguments: str) -> str:
        here = Path(__file__).parent
        done = subprocess.run(["git", *arguments], capture_output=True, check=True, cwd=here)
        return done.stdout.decode().strip()

    try:
        return git("rev-parse", "HEAD") + ("-dirty" if git("status", "--porcelain", "*.py") else "")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
