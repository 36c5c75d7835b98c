"""Where a training stands after each epoch, to go on from when it is interrupted."""

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ml.samples import Sources


@dataclass
class Checkpoint:
    """The state of a training after its last whole epoch, in a folder beside the output."""

    folder: Path
    options: dict[str, Any]
    commit: str | None = None  # of the code that began
    epoch: int = 0
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    # Rows of the training parts whose labels are believed; None before the network doubts any.
    digits: list[int] | None = None
    other: list[int] | None = None

    @classmethod
    def open(cls, folder: Path, options: dict[str, Any]) -> "Checkpoint":
        """Where an interrupted training with the same options stopped, or the beginning."""
        try:
            saved = json.loads((folder / "state.json").read_text())
            if saved["options"] == options:
                return cls(**{**saved, "folder": folder})
        except (OSError, ValueError, KeyError, TypeError):
            pass  # none, or a damaged one
        shutil.rmtree(folder, ignore_errors=True)
        return cls(folder, options, _git_commit())

    def model_file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.keras"

    def believed(self, sources: Sources) -> Sources:
        if self.digits is None or self.other is None:
            return sources
        return replace(
            sources,
            digits=sources.digits.take(self.digits),
            other=sources.other.take(self.other),
        )

    def save(self, model: Any) -> None:
        """The model first, then the state that names it: an interruption between is harmless."""
        self.folder.mkdir(parents=True, exist_ok=True)
        model.save(self.model_file(self.epoch))
        unfinished = self.folder / "state.json.new"
        unfinished.write_text(json.dumps({**asdict(self), "folder": None}))
        unfinished.rename(self.folder / "state.json")


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
