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


@contextmanager
def cluster(bin_folder: Path) -> Iterator[str]:
    """A running server, reached through a socket in its own folder; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    options: dict[str, Any] = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    pg_ctl = [bin_folder / "pg_ctl", "-D", folder / "data"]
    # Nothing here has to survive a power cut.
    server = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    initdb = [bin_folder / "initdb", "-D", folder / "data", "-U", "digits", "-A", "trust", "-N"]
    try:
        subprocess.run([*initdb, "-E", "UTF8", "--locale=C"], **options)
        subprocess.run([*pg_ctl, "-w", "-l", folder / "log", "-o", server, "start"], **options)
        try:
            yield f"postgresql://digits@{quote(str(folder), safe='')}/digits"
        finally:
            subprocess.run([*pg_ctl, "-m", "immediate", "stop"], **options)
    finally:
        shutil.rmtree(folder)


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
