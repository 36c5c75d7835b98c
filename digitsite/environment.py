"""Reading the environment: each reader returns a value or says what it wants instead."""

import ipaddress
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
VAR = Path(__file__).resolve().parent.parent / "var"
SQLITE = "digitsite.backends.sqlite"
POSTGRESQL = "digitsite.backends.postgresql"
ENGINES = {
    "django.db.backends.sqlite3": SQLITE,
    "django.db.backends.postgresql": POSTGRESQL,
}


def env(name: str, read: Callable[[str], T], default: str = "") -> T:
    # The value itself stays out of the message: it may be a password.
    try:
        return read(os.environ.get(name, default).strip())
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} {error}.") from None


def switch(value: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("must be on or off")


def names(value: str) -> list[str]:
    return [name for name in re.split(r"[\s,]+", value) if name]


def hosts(value: str) -> list[str]:
    found = names(value) or ["localhost", "127.0.0.1", "[::1]"]
    if any(re.search(r"/|[^:\]]:\d*$", host) for host in found):
        raise ValueError("takes host names such as digits.example.org, without https:// or a port")
    return found


def origins(value: str) -> list[str]:
    found = names(value)
    if any(not re.fullmatch(r"https?://[^/\s]+", origin) for origin in found):
        raise ValueError("takes origins with their scheme, such as https://digits.example.org")
    return found


def rate(value: str) -> str | None:
    if value and not re.fullmatch(r"[1-9]\d*/(s|sec|second|m|min|minute|h|hour|d|day)", value):
        raise ValueError("must be a rate such as 60/min, or empty for no limit")
    return value or None


def processes(value: str) -> int:
    if value and not (value.isdecimal() and int(value)):
        raise ValueError("must be a number of processes, 1 or more")
    return int(value or os.cpu_count() or 1)


def redis(value: str) -> str | None:
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return value or None


def database(value: str) -> dict[str, Any]:
    found: dict[str, Any] = {"ENGINE": SQLITE, "NAME": VAR / "db.sqlite3"}
    if value:
        try:
            found = dict(dj_database_url.parse(value))
        except ValueError:
            found = {}  # its message may quote a part of the password
        if found.get("ENGINE") not in ENGINES or not found["NAME"]:
            raise ValueError(
                "must look like postgresql://user:password@host/name or sqlite:///file"
            )
        found["ENGINE"] = ENGINES[found["ENGINE"]]
    if found["ENGINE"] == SQLITE:
        Path(found["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        # Readers never wait for the writer; what was answered with 201 survives a power cut;
        # a writer takes its lock at once and waits for it, so that none fails half-way.
        found["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,  # seconds; less where requests wait
        }
    else:
        # A server that is gone without a word is noticed: in seconds where a connection is made or
        # something is sent, and in half a minute by a command that waits for an answer.
        found["OPTIONS"] = {
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 4,
        } | found.get("OPTIONS", {})
    return found | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


def is_public(host: str) -> bool:
    """Whether strangers may know the site by this name: not this machine's or a home network's."""
    host = host.strip("[].").lower()
    try:
        return not ipaddress.ip_address(host).is_private
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".local"))


def kept_secret(path: Path) -> str:
    """The secret in this file; made on first use, the same for all processes that start at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)  # whole, or not at all, and never over another's
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
