import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured

from digitsite import environment as read
from digitsite.environment import env


@pytest.mark.parametrize(
    ("reader", "value", "meant"),
    [
        (read.switch, "", False),
        (read.switch, "off", False),
        (read.switch, "True", True),
        (read.switch, " 1 ", True),
        (read.hosts, "", ["localhost", "127.0.0.1", "[::1]"]),
        (
            read.hosts,
            "a.example.org, .example.net,[::1]",
            ["a.example.org", ".example.net", "[::1]"],
        ),
        (read.origins, "https://a.example.org:8443", ["https://a.example.org:8443"]),
        (read.rate, "60/min", "60/min"),
        (read.rate, "", None),
        (read.processes, "3", 3),
        (read.redis, "", None),
        (read.redis, "redis://localhost:6379/0", "redis://localhost:6379/0"),
    ],
)
def test_it_understands(monkeypatch, reader, value, meant):
    monkeypatch.setenv("ANY", value)
    assert env("ANY", reader) == meant


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (read.switch, "perhaps"),
        (read.hosts, "https://a.example.org"),
        (read.hosts, "a.example.org:8000"),
        (read.origins, "a.example.org"),
        (read.origins, "https://a.example.org/page"),
        (read.rate, "60"),
        (read.rate, "0/min"),
        (read.rate, "60/fortnight"),
        (read.processes, "0"),
        (read.processes, "two"),
        (read.redis, "localhost:6379"),
        (read.database, "mysql://user:letmein@host/name"),
        (read.database, "postgresql://user:letmein@host/"),
        (read.database, "postgresql://user:letm/ein@host/name"),
        (read.database, "letmein"),
    ],
)
def test_it_refuses_with_a_sentence_that_names_the_variable_but_not_its_value(
    monkeypatch, reader, value
):
    monkeypatch.setenv("ANY", value)
    with pytest.raises(ImproperlyConfigured, match="^ANY (must|takes) .*[.]$") as refusal:
        env("ANY", reader)
    assert "letm" not in str(refusal.value)


def test_it_falls_back_to_the_default_only_when_the_variable_is_not_there(monkeypatch):
    monkeypatch.delenv("ANY", raising=False)
    assert env("ANY", read.rate, "60/min") == "60/min"
    monkeypatch.setenv("ANY", "")
    assert env("ANY", read.rate, "60/min") is None


def test_sqlite_writes_ahead_syncs_and_locks_at_once(tmp_path):
    found = read.database(f"sqlite:///{tmp_path}/new/folder/db.sqlite3")
    assert found["NAME"] == f"{tmp_path}/new/folder/db.sqlite3"
    assert (tmp_path / "new/folder").is_dir()
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]


def test_postgresql_keeps_its_connections_and_checks_them():
    found = read.database("postgresql://user:pass%2Fword@%2Frun%2Fpostgresql/digits")
    assert found["HOST"] == "/run/postgresql"
    assert found["PASSWORD"] == "pass/word"
    assert found["CONN_MAX_AGE"] == 600
    assert found["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("localhost", False),
        ("digits.localhost", False),
        ("127.0.0.1", False),
        ("[::1]", False),
        ("192.168.1.5", False),
        ("laptop.local", False),
        ("digits.example.org", True),
        (".example.org", True),
        ("8.8.8.8", True),
        ("*", True),
    ],
)
def test_it_knows_a_public_host(host, public):
    assert read.is_public(host) is public


def test_the_secret_is_the_same_for_all_who_start_at_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "var" / "secret_key"
    together = Barrier(16)

    def start(_: int) -> str:
        together.wait()
        return read.kept_secret(path)

    with ThreadPoolExecutor(16) as starters:
        secrets = set(starters.map(start, range(16)))

    assert secrets == {path.read_text()}
    assert len(path.read_text()) > 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
