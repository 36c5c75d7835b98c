import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.on_postgres import cluster, programs
from tests.support.serving import ROOT, SECRET

MIGRATE = [sys.executable, "manage.py", "migrate", "--noinput"]
TOGETHER = 4


@contextmanager
def sqlite(folder) -> Iterator[str]:
    yield f"sqlite:///{folder}/db.sqlite3"


@contextmanager
def postgresql(folder) -> Iterator[str]:
    found = programs()
    if not found:
        pytest.skip("no PostgreSQL is installed here")
    with cluster(found) as url:
        yield url.removesuffix("/digits") + "/postgres"  # which is there, and empty


@pytest.mark.parametrize("database", [sqlite, postgresql])
def test_all_of_several_at_once_come_to_a_good_end(tmp_path, database):
    with database(tmp_path) as url:
        environment = os.environ | {"DATABASE_URL": url, "SECRET_KEY": SECRET}
        started = [
            subprocess.Popen(
                MIGRATE, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for _ in range(TOGETHER)
        ]
        said = [process.communicate() for process in started]
        assert [process.returncode for process in started] == [0] * TOGETHER
        assert {errors for _, errors in said} == {b""}
        assert sum(b"Applying predictor.0001" in words for words, _ in said) == 1
