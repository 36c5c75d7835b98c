"""Machines, the database, Redis, the network and the code go and come while visitors draw."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest

from ml import runtime
from tests.support import on_postgres
from tests.support.machines import HOST, Client, Machine, Nginx, Redis, copy_of_the_code
from tests.support.serving import manage, wait_for

pytestmark = pytest.mark.slow
CLIENTS = 4
MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("predictor", "{last}")]
    operations = [migrations.AddField("submission", "note", models.TextField(null=True))]
"""


@pytest.fixture
def cluster() -> Iterator[on_postgres.Cluster]:
    for program in ("nginx", "openssl", "redis-server"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed here")
    programs = on_postgres.programs()
    if not programs:
        pytest.skip("PostgreSQL is not installed here")
    with on_postgres.server(programs) as server:
        with psycopg.connect(dbname="postgres", **where(server), autocommit=True) as connection:
            connection.execute("CREATE DATABASE digits")
        yield server


def where(server: on_postgres.Cluster) -> dict[str, str]:
    return {"host": str(server.folder), "user": "digits"}


class Cast:
    """All that takes part."""

    def __init__(self, server: on_postgres.Cluster, folder: Path) -> None:
        self.postgres, self.code = server, copy_of_the_code(folder)
        self.manage("migrate")
        self.redis = Redis()
        variables = {
            "url": server.url,
            "ALLOWED_HOSTS": HOST,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis.port}/0",
            "THROTTLE_SUBMIT": "100000/min",
        }
        self.machines = [Machine(self.code, folder / name, variables) for name in ("one", "two")]
        self.nginx = Nginx(folder / "nginx", *(machine.port for machine in self.machines))
        self.nginx.start()

    def manage(self, *arguments: str) -> None:
        done = manage(self.postgres.url, *arguments, root=self.code)
        assert done.returncode == 0, done.stderr

    def activate(self, version: str) -> None:
        """The active network once more, under this name, as a command would leave it."""
        with psycopg.connect(dbname="digits", **where(self.postgres)) as connection:
            connection.execute(
                "CREATE TEMPORARY TABLE copied AS SELECT * FROM predictor_modelversion;"
                "UPDATE predictor_modelversion SET is_active = false"
            )
            name = {"version": version}
            connection.execute(
                "UPDATE copied SET version = %(version)s::varchar,"
                " metadata = jsonb_set(metadata, '{version}', to_jsonb(%(version)s::varchar))",
                name,
            )
            connection.execute("INSERT INTO predictor_modelversion SELECT * FROM copied")

    def stop(self) -> None:
        self.nginx.stop()
        for machine in self.machines:
            machine.stop()
        self.redis.kill()

    @contextmanager
    def crowd(self) -> Iterator[list[Client]]:
        over = Event()
        clients = [Client(self.nginx, over) for _ in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            drawing = [pool.submit(client.draw) for client in clients]
            try:
                yield clients
            finally:
                over.set()
            for client in drawing:
                client.result()


@pytest.fixture
def cast(cluster, tmp_path) -> Iterator[Cast]:
    cast = Cast(cluster, tmp_path)
    yield cast
    cast.stop()


class Watch:
    """What became of the requests since the last look."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients = clients

    def goes_on(self) -> None:
        """Waits until each has been acknowledged some more."""
        before = [len(client.acknowledged) for client in self.clients]
        wait_for(
            lambda: all(
                len(client.acknowledged) > count + 5
                for client, count in zip(self.clients, before, strict=True)
            )
        )

    def failures(self) -> Counter[int | str]:
        found: Counter[int | str] = sum((client.failures for client in self.clients), Counter())
        for client in self.clients:
            client.failures = Counter()
        return found


def new_code(code: Path) -> None:
    """With a migration, and with another sentence for what is not there."""
    folder = code / "predictor/migrations"
    last = max(file.stem for file in folder.glob("0*.py"))
    (folder / "9000_note.py").write_text(MIGRATION.format(last=last))
    errors = code / "digitsite/errors.py"
    changed = errors.read_text().replace("There is nothing here.", "There is no such page.")
    assert changed != errors.read_text()
    errors.write_text(changed)


def speaks(machine: Machine, sentence: str) -> bool:
    """Whether none but new processes answer."""
    said = [
        machine.site.whole("/api/v1/nowhere/", Host=HOST, **{"X-Forwarded-Proto": "https"}).body
        for _ in range(5)
    ]
    return all(sentence.encode() in body for body in said)


def test_no_drawing_is_lost_or_doubled_and_only_what_was_under_way_fails(cast):
    with cast.crowd() as clients:
        watch = Watch(clients)
        watch.goes_on()
        assert not watch.failures()

        one, two = cast.machines
        one.kill()
        watch.goes_on()
        one.start()
        watch.goes_on()
        failures = watch.failures()
        assert failures.total() <= CLIENTS and set(failures) <= {502}

        cast.redis.kill()
        wait_for(lambda: all("Redis is away" in m.log.read_text() for m in cast.machines))
        watch.goes_on()
        cast.redis.start()
        watch.goes_on()
        assert not watch.failures()

        cast.activate("another")
        wait_for(
            lambda: all(m.site.get("/healthz").said["network"] == "another" for m in (one, two))
        )
        watch.goes_on()
        assert not watch.failures()

        new_code(cast.code)
        cast.manage("migrate")
        watch.goes_on()
        for machine in cast.machines:
            machine.reload()
            wait_for(lambda machine=machine: speaks(machine, "There is no such page."))
        watch.goes_on()
        assert not watch.failures()

        cast.postgres.stop()
        time.sleep(1)
        cast.postgres.start()
        watch.goes_on()
        # While it was away they were told to try again.
        assert set(watch.failures()) <= {503}

    acknowledged = [id for client in clients for id in client.acknowledged]
    with psycopg.connect(dbname="digits", **where(cast.postgres)) as connection:
        rows = connection.execute("SELECT id::text, model_id FROM predictor_submission").fetchall()
        counted = connection.execute("SELECT sum(drawings) FROM predictor_dailycount").fetchone()
    assert sorted(id for id, _ in rows) == sorted(acknowledged)
    assert counted[0] == len(rows) > CLIENTS * 30
    assert {model for _, model in rows} == {runtime.bundled().name, "another"}
