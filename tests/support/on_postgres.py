"""Runs a command with DATABASE_URL pointing to a PostgreSQL of its own, thrown away afterwards.

python -m tests.support.on_postgres pytest
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps it off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in installed), default=None)


class Cluster:
    """A server reached through a socket in its own folder."""

    def __init__(self, bin_folder: Path) -> None:
        self.bin_folder = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.data = self.folder / "data"
        self.url = f"postgresql://digits@{quote(str(self.folder), safe='')}/digits"
        self.options: dict[str, Any] = {
            "check": True,
            "cwd": self.folder,
            "stdout": subprocess.DEVNULL,
        }
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            self.options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)

    def run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run([self.bin_folder / program, *arguments], **self.options)

    def make(self, configuration: str = "") -> None:
        data = ["-D", self.data, "-E", "UTF8", "--locale=C"]
        self.run("initdb", *data, "-U", "digits", "-A", "trust", "-N")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(configuration)

    def start(self) -> None:
        # Nothing here has to survive a power cut.
        given = ["listen_addresses=", f"unix_socket_directories={self.folder}", "fsync=off"]
        server = " ".join(f"-c {setting}" for setting in given)
        log = ["-w", "-l", self.folder / "log"]
        self.run("pg_ctl", "-D", self.data, *log, "-o", server, "start")

    def stop(self) -> None:
        """As if it had been killed."""
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")


@contextmanager
def server(bin_folder: Path, configuration: str = "") -> Iterator[Cluster]:
    """One that runs, until the end."""
    cluster = Cluster(bin_folder)
    try:
        cluster.make(configuration)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(cluster.folder)


@contextmanager
def cluster(bin_folder: Path) -> Iterator[str]:
    """The URL of one."""
    with server(bin_folder) as started:
        yield started.url


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    bin_folder = programs()
    if not bin_folder:
        print("PostgreSQL is not installed here (no initdb found): nothing was run on it.")
        return int(os.environ.get("REQUIRE_POSTGRES") == "1")
    with cluster(bin_folder) as url:
        secret = "only for a database that is thrown away"
        environment = os.environ | {"DATABASE_URL": url, "SECRET_KEY": secret}
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
