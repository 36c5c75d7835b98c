"""PostgreSQL is put back to the moment before a mistake, as docs/operations.md says."""

import time

import psycopg
import pytest

from tests.support import on_postgres
from tests.support.serving import manage, wait_for

pytestmark = pytest.mark.slow

ARCHIVING = """
archive_mode = on
archive_command = 'mkdir -p ../wal && cp %p ../wal/%f'
"""
RECOVERY = """
restore_command = 'cp ../wal/%f %p'
recovery_target_time = '{moment}'
recovery_target_action = promote
"""


@pytest.fixture
def cluster():
    programs = on_postgres.programs()
    if not programs:
        pytest.skip("PostgreSQL is not installed here")
    with on_postgres.server(programs, ARCHIVING) as server:
        ask(server, "CREATE DATABASE digits", database="postgres")
        done = manage(server.url, "migrate")
        assert done.returncode == 0, done.stderr
        yield server


def ask(cluster, sql: str, database: str = "digits"):
    with psycopg.connect(
        host=str(cluster.folder), user="digits", dbname=database, autocommit=True
    ) as connection:
        answer = connection.execute(sql)
        return answer.fetchone() if answer.description else None


def is_archived(cluster, segment: str) -> bool:
    return (cluster.folder / "wal" / segment).exists()


def test_what_was_erased_by_mistake_is_back(cluster):
    made = manage(cluster.url, "make_drawings", "20")
    assert made.returncode == 0, made.stderr
    base = cluster.folder / "base"
    cluster.run("pg_basebackup", "-h", cluster.folder, "-U", "digits", "-c", "fast", "-D", base)
    cluster.run("pg_verifybackup", "--quiet", base)
    # What came after the backup is in the log alone.
    assert manage(cluster.url, "make_drawings", "20", "--force").returncode == 0
    drawings = ask(cluster, "SELECT count(*) FROM predictor_submission")
    (moment,) = ask(cluster, "SELECT clock_timestamp()::text")
    time.sleep(0.1)
    assert manage(cluster.url, "purge_drawings", "--older-than", "0").returncode == 0
    (segment,) = ask(cluster, "SELECT pg_walfile_name(pg_switch_wal())")
    wait_for(lambda: is_archived(cluster, segment))
    cluster.stop()

    cluster.data = base
    with (base / "postgresql.conf").open("a") as file:
        file.write(RECOVERY.format(moment=moment))
    (base / "recovery.signal").touch()
    cluster.start()
    wait_for(lambda: ask(cluster, "SELECT pg_is_in_recovery()") == (False,))
    assert ask(cluster, "SELECT count(*) FROM predictor_submission") == drawings
    assert ask(cluster, "SELECT sum(drawings) FROM predictor_dailycount") == drawings
    assert manage(cluster.url, "purge_drawings", "--older-than", "0").returncode == 0
