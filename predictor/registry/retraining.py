"""Retraining: from all that reviewers labelled to a model version trained on it.

It begins when something was labelled since the last time, and replays what was labelled before:
what only a base has learnt is forgotten bit by bit.

Each step leaves a whole file or row, and is skipped when that is there: a run that was stopped
resumes where it was.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID
from zipfile import BadZipFile

import numpy as np
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse

from digitsite.environment import is_public
from ml import checkpoint
from ml.checkpoint import CHECKPOINTS
from ml.files import write_file, write_folder
from ml.runtime import METADATA_FILE
from predictor.exports import arrivals
from predictor.exports.exporter import Filters, export, manifest_of, verify
from predictor.models import Comparison, ModelVersion, Submission, TrainingSample
from predictor.registry import lease, promotion, reports, validation
from predictor.registry.lease import Busy

TRAINING = ["-m", "ml.train"]
FOLDER = settings.BASE_DIR / "var" / "retrain"
# So many percent of the visitors are never trained on: networks are compared on their drawings.
HOLDOUT_PERCENT = 20
NO_DRAWINGS = '<meta name="visitors-drawings" content="none">'  # in reports that show none
ID_BATCH = 500


class Failed(Exception):
    """A step did not succeed. Its text is a sentence for people."""


@dataclass(frozen=True)
class Exclusive:
    """What keeps others from retraining at the same time."""

    file: IO[str]
    token: UUID


@dataclass
class Run:
    """What a run starts from and with; kept in a file until it is done."""

    base: str
    since: str | None
    until: str

    @classmethod
    def resume_or_begin(cls, base: str) -> Run:
        """Resume what was stopped, unless another version was activated since, or a visitor erased
        a drawing, which it may have exported.
        """
        found = cls.stopped()
        if found and found.base == base:
            return found
        file = FOLDER / "work" / "run.json"
        shutil.rmtree(file.parent, ignore_errors=True)
        run = cls(base, last_exported(base), arrivals.settle().isoformat())
        write_folder(file.parent, {file.name: json.dumps(asdict(run)).encode()})
        return run

    @classmethod
    def stopped(cls) -> Run | None:
        """Return the one that was stopped, if all that it has exported still exists."""
        try:
            found = cls(**json.loads((FOLDER / "work" / "run.json").read_bytes()))
            datetime.fromisoformat(found.until)
            return found if found.is_whole() else None
        except (OSError, EOFError, ValueError, TypeError, KeyError, BadZipFile):
            return None

    def is_whole(self) -> bool:
        """Whether what it has exported is finished, and no drawing of it was erased since."""
        if any(self.folder.glob(".*")):
            return False
        if not self.export.exists():
            return True
        with np.load(self.export) as arrays:
            ids = arrays["id"].astype(str).tolist()
        chunks = (ids[start : start + ID_BATCH] for start in range(0, len(ids), ID_BATCH))
        return sum(Submission.objects.filter(pk__in=chunk).count() for chunk in chunks) == len(ids)

    @property
    def folder(self) -> Path:
        return FOLDER / "work"

    @property
    def export(self) -> Path:
        return self.folder / f"corrections-{self.until[:10]}.npz"

    @property
    def filters(self) -> Filters:
        # On the audit sample networks are compared, so that none is trained on it.
        return Filters(until=datetime.fromisoformat(self.until), audit_sample=False)

    def count(self) -> int:
        return self.filters.select("npz").count()

    def count_new(self) -> int:
        since = datetime.fromisoformat(self.since) if self.since else None
        return replace(self.filters, since=since).select("npz").count()

    def trained(self) -> Path | None:
        """Return the folder of the new version, when it is there."""
        found = self.folder.glob(f"new/[!.]*/{METADATA_FILE}")  # those with a dot are not whole
        return next((file.parent for file in found), None)


def last_exported(version: str) -> str | None:
    """Return until when labels have reached this version, or one that it was fine-tuned from."""
    lineage = ModelVersion.objects.get(pk=version).ancestry()
    versions = ModelVersion.objects.filter(pk__in=lineage)
    ends = [_until(manifest) for row in versions for manifest in row.manifests]
    last = max(filter(None, ends), default=None)
    return last.isoformat() if last else None


def _until(manifest: dict[str, Any]) -> datetime | None:
    try:
        return validation.until(manifest)
    except (AttributeError, TypeError, ValueError):
        return None  # then more labels than needed reach the next version


@contextmanager
def exclusive() -> Iterator[Exclusive]:
    """Hold a lock on this machine, which the training shares, and the lease in the database.

    Raises Busy.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        with lease.hold(_token_in(file), _epochs) as token:
            file.truncate(0)
            file.write(str(token))
            file.flush()
            yield Exclusive(file, token)


def _epochs() -> dict[str, int]:
    done, total = checkpoint.progress(FOLDER / "work" / "new" / CHECKPOINTS)
    return {"epoch": done, "epochs": total}


def _token_in(file: IO[str]) -> UUID | None:
    """Return that of the last holder on this machine, who is dead if it still has the lease."""
    file.seek(0)
    with suppress(ValueError):
        return UUID(file.read())
    return None


def export_all(run: Run, progress: Callable[[int], Any] = lambda count: None) -> dict[str, Any]:
    """Export what is to be learnt, if that was not done, and verify it. Returns the manifest.

    Raises Failed, OSError.
    """
    if not manifest_of(run.export).exists():
        export(run.export, "npz", run.filters, progress)
    manifest, problems = verify(run.export)
    if problems:
        shutil.rmtree(run.folder)  # the next time begins anew
        raise Failed(" ".join(problems))
    return manifest


def train(run: Run, data: Path, lock: Exclusive) -> Path:
    """Train in a process of its own, because this one has no need of a gigabyte of TensorFlow.

    Returns the folder of the new version. Raises Failed.
    """
    base = run.folder / "base" / run.base
    if not base.exists():
        validation.write_out(ModelVersion.objects.get(pk=run.base), base)
    command = [
        *(sys.executable, *TRAINING),
        *("--base", str(base), "--corrections", str(run.export)),
        *("--holdout", str(HOLDOUT_PERCENT)),
        *("--data", str(data), "--output", str(run.folder / "new")),
    ]
    # It holds on to the lock, so that it is alone until it ends, whatever becomes of this process.
    done = subprocess.run(command, cwd=settings.BASE_DIR, pass_fds=[lock.file.fileno()])
    if not connection.is_usable():  # the database may not wait for so long
        connection.close()
    folder = run.trained()
    if done.returncode or not folder:
        raise Failed("The training did not finish; run this again to resume it.")
    return folder


def add(folder: Path) -> ModelVersion:
    """Return the version's row, which is there already if this was stopped later than here."""
    return ModelVersion.objects.filter(pk=folder.name).first() or validation.add(folder)[0]


def write_report(manifest: dict[str, Any], comparison: Comparison, reasons: list[str]) -> Path:
    """Write one file with all that is to be told. Visitors' drawings are not in it, since nobody
    could erase them there: it links to the pages of the site that show them.
    """
    version = comparison.new
    suspected = version.training_samples.filter(role=TrainingSample.Role.SUSPECTED)
    context = {
        "version": version,
        "manifest": manifest,
        "corrections": version.metadata["corrections"],
        "comparison": comparison,
        "parts": reports.with_pictures(comparison, visitors=False),
        "reasons": reasons,
        "suspected_path": f"{reverse('admin:predictor_submission_changelist')}?suspected=yes",
        "suspected_count": suspected.count(),
        "site": address(),
    }
    file = FOLDER / f"report-{version}.html"
    write_file(file, render_to_string("retrain_report.html", context).encode())
    return file


def clear_files() -> None:
    """Remove what is left of drawings in files: older reports, which showed them, and the export of
    a run that was stopped, if a drawing was erased since.
    """
    for file in [*FOLDER.glob("report-*.html"), *FOLDER.glob("report-*.new")]:
        if file.suffix == ".new" or NO_DRAWINGS not in file.read_text(errors="replace"):
            file.unlink(missing_ok=True)
    if not (FOLDER / "work").exists():
        return
    # One that is running clears up when it is done.
    with suppress(Busy), exclusive():
        if not Run.stopped():
            shutil.rmtree(FOLDER / "work", ignore_errors=True)


def address() -> str:
    """Return where the site is, as far as its settings tell."""
    public = [host for host in settings.ALLOWED_HOSTS if is_public(host) and host[0] not in "*."]
    named = [*settings.CSRF_TRUSTED_ORIGINS, *(f"https://{host}" for host in public)]
    return next(iter(named), "http://127.0.0.1:8000")


def promote(version: ModelVersion, compared_with: ModelVersion) -> None:
    """Raises InvalidModel, AnotherActive."""
    validation.validate_loadable(version)
    promotion.activate(version, None, instead_of=compared_with)
