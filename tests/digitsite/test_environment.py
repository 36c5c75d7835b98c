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
        (read.hosts, "Nas.Local. *", ["nas.local", "*"]),
        (read.origins, "https://a.example.org:8443", ["https://a.example.org:8443"]),
        (read.origins, "https://*.Example.org", ["https://*.example.org"]),
        (read.origins, "https://a.org:443,http://b.org:80", ["https://a.org", "http://b.org"]),
        (read.origins, "http://[fd00::1]:8000", ["http://[fd00::1]:8000"]),
        (read.rate, "60/min", "60/min"),
        (read.rate, "", None),
        (read.processes, "3", 3),
        (read.redis, "", None),
        (read.redis, "redis://localhost:6379/0", "redis://localhost:6379/0"),
        *(
            (read.redis, url, url)
            for url in ("rediss://:a%2Fb@host?ssl_cert_reqs=none", "redis://host/?socket_timeout=3")
        ),
        (read.redis, "unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
        (read.port, "", 8000),
        (read.port, "65535", 65535),
        (read.prefix, "", ""),
        (read.prefix, "/one/two.three", "/one/two.three"),
        (read.certificates, "", "required"),
        (read.certificates, "None", "none"),
        (read.names, "new, old", ["new", "old"]),
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
        (read.hosts, '["example.org"]'),
        (read.hosts, "'example.org'"),
        (read.hosts, "example.org;example.net"),
        (read.hosts, "*.example.org"),
        (read.hosts, "my_host.example.org"),
        (read.hosts, "b\u00fccher.example.org"),
        (read.hosts, "user@example.org"),
        (read.hosts, "::1"),
        (read.hosts, "[::1]:8000"),
        (read.hosts, "[example.org]"),
        (read.hosts, "[]"),
        (read.hosts, "."),
        (read.origins, "a.example.org"),
        (read.origins, "https://a.example.org/page"),
        (read.origins, "https://a.example.org/"),
        (read.origins, "https://*"),
        (read.origins, "https://a*.example.org"),
        (read.origins, "https://*.*.example.org"),
        (read.origins, "https://user@a.example.org"),
        (read.origins, "https://a.example.org?x"),
        (read.origins, "https://a.example.org:port"),
        (read.origins, "ftp://a.example.org"),
        (read.origins, '["https://a.example.org"]'),
        (read.rate, "60"),
        (read.rate, "0/min"),
        (read.rate, "60/fortnight"),
        (read.processes, "0"),
        (read.rate, "1" * 5000 + "/min"),
        (read.processes, "two"),
        (read.processes, "-1"),
        (read.processes, "1e3"),
        (read.processes, "1000000"),
        (read.processes, "1" * 5000),
        (read.processes, "\u00b2"),
        (read.port, "0"),
        (read.port, "65536"),
        (read.port, "http"),
        (read.prefix, "digits"),
        (read.prefix, "/digits/"),
        (read.prefix, "/"),
        (read.prefix, "//digits"),
        (read.prefix, "/.."),
        (read.prefix, "/digits?x"),
        (read.prefix, "https://example.org/digits"),
        (read.certificates, "maybe"),
        (read.redis, "localhost:6379"),
        (read.redis, "redis://127.0.0.1:abc"),
        (read.redis, "redis://127.0.0.1:70000"),
        (read.redis, "redis://:letm#ein@host"),
        (read.redis, "redis://host/first"),
        (read.redis, "redis://host?no_such=option"),
        (read.redis, "redis://host?db=first"),
        (read.redis, "redis://host?socket_timeout=long"),
        (read.redis, "rediss://host?ssl_cert_reqs=maybe"),
        (read.redis, "redis://host?ssl_cert_reqs=none"),
        (read.redis, "unix://"),
        (read.redis, "redis://[::1"),
        (read.database, "mysql://user:letmein@host/name"),
        (read.database, "postgresql://user:letmein@host/"),
        (read.database, "postgresql://user:letm/ein@host/name"),
        (read.database, "letmein"),
        (read.database, "postgresql://user:letmein@host:port/name"),
        (read.database, "postgresql://user:letmein@host:70000/name"),
        (read.database, "postgresql://user:letmein@host/name?no_such=option"),
        (read.database, "postgresql://user:letmein@host/name?sslmode=letmein"),
        (read.database, "postgresql://user:letmein@host/name?connect_timeout=long"),
        (read.database, "postgresql://user:letmein@host/name?sslmode=require&sslmode=prefer"),
        (read.database, "postgresql://user:letmein@[host/name"),
        (read.database, "sqlite://"),
        (read.database, "sqlite://:memory:"),
        (read.database, "sqlite:///:memory:"),
        (read.database, "sqlite:////tmp"),
        (read.database, "sqlite://host/file"),
        (read.database, "sqlite:////tmp/file?mode=ro"),
        (read.database, "sqlite:////dev/null/file"),
        (read.database, "sqlite:////proc/no/file"),
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
    assert "secure_delete=ON" in found["OPTIONS"]["init_command"]


def test_postgresql_gets_the_options_of_its_library():
    found = read.database("postgresql://host/name?sslmode=require&connect_timeout=5")
    assert found["OPTIONS"].items() >= {"sslmode": "require", "connect_timeout": 5}.items()


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
        *((name, False) for name in ("raspberrypi", "nas.lan", "fritz.box", "nas.fritz.box")),
        *((f"digits.{end}", False) for end in ("home.arpa", "internal", "test", "invalid")),
        *((f"digits.{end}", False) for end in ("onion", "example", "home", "corp", "localdomain")),
        (".lan", False),
        ("Digits.LAN.", False),
        ("100.64.0.1", False),
        ("169.254.1.1", False),
        ("[fe80::1]", False),
        ("[fd00::1]", False),
        ("[2001:4860:4860::8888]", True),
        ("digits.box", True),
        ("notlan", False),
        ("digits.notlan", True),
        (".org", True),
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
