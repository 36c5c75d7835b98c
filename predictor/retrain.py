"""The routine: from what reviewers labelled since the last time to a network that has learnt it.

Each step leaves a whole file or row, and is passed over when that is there: a run that was stopped
goes on where it was.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from digitsite.environment import is_public
from ml.files import write_file, write_folder
from ml.runtime import METADATA_FILE
from predictor import comparisons, register, services
from predictor.classifier import network as active_network
from predictor.exports import manifest_of
from predictor.models import Submission, Tombstone
from predictor.networks import Comparison, Lesson, ModelVersion

TRAINING = ["-m", "ml.train"]
FOLDER = settings.BASE_DIR / "var" / "retrain"
# Labels that were given a moment ago may not be stored yet; the next time has them.
SETTLED = timedelta(seconds=10)
# So many visitors in a hundred are never learnt from: their drawings judge the networks.
JUDGES = 20
NO_DRAWINGS = '<meta name="visitors-drawings" content="none">'  # in reports that show none
LOCK = 7_236_414  # names the lock on PostgreSQL


class Busy(Exception):
    """Another one is under way."""


@dataclass
class Run:
    """What a run goes on from and with; kept in a file until it is done."""

    base: str
    since: str | None
    until: str

    @classmethod
    def resume_or_begin(cls) -> Run:
        """The one that was stopped, unless another network was put to work since, or a visitor
        erased a drawing, which it may have exported."""
        base = active_network().version
        file = FOLDER / "work" / "run.json"
        found = cls.stopped()
        if found and found.base == base:
            return found
        shutil.rmtree(file.parent, ignore_errors=True)
        run = cls(base, last_exported(base), (timezone.now() - SETTLED).isoformat())
        write_folder(file.parent, {file.name: json.dumps(asdict(run)).encode()})
        return run

    @classmethod
    def stopped(cls) -> Run | None:
        """The one that was stopped, if all that it may have exported is still there."""
        try:
            found = cls(**json.loads((FOLDER / "work" / "run.json").read_bytes()))
            erased = Tombstone.objects.filter(erased_at__gte=datetime.fromisoformat(found.until))
        except (OSError, ValueError, TypeError):
            return None
        return None if erased.exists() else found

    @property
    def folder(self) -> Path:
        return FOLDER / "work"

    @property
    def export(self) -> Path:
        return self.folder / f"corrections-{self.until[:10]}.npz"

    def count(self) -> int:
        rows = Submission.objects.exportable().filter(reviewed_at__lt=self.until)
        return (rows.filter(reviewed_at__gte=self.since) if self.since else rows).count()

    def trained(self) -> Path | None:
        """The folder of the new network, when it is there."""
        found = self.folder.glob(f"new/[!.]*/{METADATA_FILE}")  # those with a dot are not whole
        return next((file.parent for file in found), None)


def last_exported(version: str) -> str | None:
    """Until when labels have reached this network, or one that it went on from."""
    line = ModelVersion.objects.get(pk=version).ancestry()
    networks = ModelVersion.objects.filter(pk__in=line)
    ends = [known_until(manifest) for row in networks for manifest in row.manifests]
    last = max(filter(None, ends), default=None)
    return last.isoformat() if last else None


def known_until(manifest: dict[str, Any]) -> datetime | None:
    try:
        return register.until(manifest)
    except (AttributeError, TypeError, ValueError):
        return None  # then more labels than needed reach the next network


@contextmanager
def alone() -> Iterator[IO[str]]:
    """Holds a lock on this machine, which the training under way shares, and on the database.

    Raises Busy.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        # For as long as this connection lasts.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                if not cursor.fetchone()[0]:
                    raise Busy
        try:
            yield file
        finally:
            if connection.vendor == "postgresql" and connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def export(run: Run) -> dict[str, Any]:
    """Writes what is new, if that was not done, and holds it against its manifest."""
    if not manifest_of(run.export).exists():
        since = ["--since", run.since] if run.since else []
        output = ["--output", str(run.export), "--until", run.until]
        call_command("export_corrections", *output, *since)
    try:
        call_command("verify_export", str(run.export))
    except CommandError:
        shutil.rmtree(run.folder)  # the next time begins anew
        raise
    return json.loads(manifest_of(run.export).read_bytes())


def train(run: Run, data: Path, lock: IO[str]) -> Path:
    """In a process of its own, because the site's has no need of a gigabyte of TensorFlow."""
    base = run.folder / "base" / run.base
    if not base.exists():
        register.write_out(ModelVersion.objects.get(pk=run.base), base)
    command = [
        *(sys.executable, *TRAINING),
        *("--base", str(base), "--corrections", str(run.export), "--holdout", str(JUDGES)),
        *("--data", str(data), "--output", str(run.folder / "new")),
    ]
    # It holds on to the lock, so that it is alone until it ends, whatever becomes of this process.
    done = subprocess.run(command, cwd=settings.BASE_DIR, pass_fds=[lock.fileno()])
    if not connection.is_usable():  # the database may not wait for so long
        connection.close()
    folder = run.trained()
    if done.returncode or not folder:
        raise CommandError("The training did not come to its end; run this again to go on with it.")
    return folder


def add(folder: Path) -> ModelVersion:
    """The network's row, which is there already if this was stopped later than here."""
    return ModelVersion.objects.filter(pk=folder.name).first() or register.add(folder)[0]


def report(manifest: dict[str, Any], comparison: Comparison, reasons: list[str]) -> Path:
    """One file with all that is to be told. Visitors' drawings are not in it, which could not be
    erased there: it leads to the pages of the site that show them."""
    network = comparison.new
    page = render_to_string(
        "retrain_report.html",
        {
            "network": network,
            "manifest": manifest,
            "corrections": network.metadata["corrections"],
            "comparison": comparison,
            "parts": comparisons.with_pictures(comparison, visitors=False),
            "reasons": reasons,
            "doubted_path": f"{reverse('admin:predictor_submission_changelist')}?doubt=label",
            "doubted_count": network.lessons.filter(role=Lesson.Role.DOUBTED).count(),
            "site": address(),
        },
    )
    file = FOLDER / f"report-{network}.html"
    write_file(file, page.encode())
    return file


def clear() -> None:
    """What is left of drawings in files: reports of former versions, which showed them, and the
    export of a run that was stopped, if a drawing was erased since."""
    for file in [*FOLDER.glob("report-*.html"), *FOLDER.glob("report-*.new")]:
        if file.suffix == ".new" or NO_DRAWINGS not in file.read_text(errors="replace"):
            file.unlink(missing_ok=True)
    if not (FOLDER / "work").exists():
        return
    # One that is under way clears up when it is done.
    with suppress(Busy), alone():
        if not Run.stopped():
            shutil.rmtree(FOLDER / "work", ignore_errors=True)


def address() -> str:
    """Where the site is, as far as its settings tell."""
    public = [host for host in settings.ALLOWED_HOSTS if is_public(host) and host[0] not in "*."]
    named = [*settings.CSRF_TRUSTED_ORIGINS, *(f"https://{host}" for host in public)]
    return next(iter(named), "http://127.0.0.1:8000")


def put_to_work(network: ModelVersion) -> None:
    register.check_fit(network)
    services.activate(network, None)
