"""The site behind PgBouncer, which gives each transaction another session."""

import os
import pwd
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.support import on_postgres
from tests.support.machines import is_open
from tests.support.serving import UNTHROTTLED, free_port, manage, serving, wait_for

pytestmark = pytest.mark.slow

CONFIGURATION = """
[databases]
digits = host={folder} dbname=digits user=digits
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
min_pool_size = 2
"""


@pytest.fixture
def cluster():
    programs = on_postgres.programs()
    if not programs or not shutil.which("pgbouncer"):
        pytest.skip("PostgreSQL or PgBouncer is not installed here")
    with on_postgres.server(programs) as server:
        address = server.url.removesuffix("digits") + "postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE DATABASE digits")
        yield server


@pytest.fixture
def url(cluster, tmp_path: Path):
    port = free_port()
    file = cluster.folder / "pgbouncer.ini"
    file.write_text(CONFIGURATION.format(folder=cluster.folder, port=port))
    user = {"user": pwd.getpwnam("nobody").pw_uid} if os.geteuid() == 0 else {}
    process = subprocess.Popen(["pgbouncer", "--quiet", str(file)], **user)
    wait_for(lambda: is_open(port))
    yield f"postgresql://digits@127.0.0.1:{port}/digits"
    process.kill()
    process.wait()


def test_it_leaves_nothing_behind_in_the_sessions_that_it_shares(cluster, url, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: manage(url, "migrate"), range(2)))
    assert [each.returncode for each in done] == [0, 0], done
    assert sum("Applying predictor.0001" in each.stdout for each in done) == 1

    with serving(url, tmp_path / "log", **UNTHROTTLED) as site:
        with ThreadPoolExecutor(8) as visitors:
            answers = list(visitors.map(lambda _: site.submit(), range(40)))
        assert {answer.status for answer in answers} == {201}
        cookie = answers[0].headers["Set-Cookie"].partition(";")[0]
        assert site.get("/history/", cookie).status == 200
        # Commands share the sessions of requests, and theirs may take longer than five seconds.
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
            for _ in range(8):
                assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
        done = manage(url, "export_corrections", "--output", str(tmp_path / "export.npz"))
        assert done.returncode == 0, done.stderr
        done = manage(url, "purge_drawings", "--older-than", "0")
        assert "Erased 40 drawings" in done.stdout, done.stderr

    with psycopg.connect(cluster.url) as connection:
        locks = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert locks.fetchone() == (0,)


def test_where_there_is_none_a_statement_may_take_five_seconds(cluster, tmp_path):
    assert manage(cluster.url, "migrate").returncode == 0
    with serving(cluster.url, tmp_path / "log") as site, psycopg.connect(cluster.url) as other:
        other.execute("LOCK TABLE predictor_submission")
        answer = site.submit()
    assert answer.status == 503
    assert "busy" in answer.said["detail"]
