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

HOST = re.compile(r"[*]|[.]?[a-z0-9-]+([.][a-z0-9-]+)*")
ORIGIN = re.compile(
    r"(https?)://(([*][.])?[a-z0-9-]+([.][a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?"
)
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
MOST_PROCESSES = 256
SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
# Names under which nobody on the internet finds a site: IANA's special-use ones, those that ICANN
# will never give away (RFC 6762, appendix G), and the one of a common router.
NOT_PUBLIC = (
    *("alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test"),
    *("corp", "home", "intranet", "lan", "localdomain", "private"),
    "fritz.box",
)


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
    found = [name.lower().rstrip(".") for name in names(value)]
    if not all(HOST.fullmatch(host) or is_ipv6(host) for host in found):
        raise ValueError(
            "takes host names with commas between, such as digits.example.org or, with all below"
            " it, .example.org: without https://, port, quotes or brackets, and in their ASCII form"
        )
    return found or ["localhost", "127.0.0.1", "[::1]"]


def is_ipv6(host: str) -> bool:
    """Whether it is an address in brackets, as in a URL."""
    try:
        return host[:1] + host[-1:] == "[]" and bool(ipaddress.IPv6Address(host[1:-1]))
    except ValueError:
        return False


def origins(value: str) -> list[str]:
    return [origin(name) for name in names(value)]


def origin(value: str) -> str:
    found = ORIGIN.fullmatch(value.lower())
    if not found:
        raise ValueError(
            "takes origins with their scheme, such as https://digits.example.org or"
            " https://*.example.org, with commas between and without a path"
        )
    scheme, host, _, _, port = found.groups(default="")
    # As browsers write it: they are compared letter by letter.
    return f"{scheme}://{host}{port.removesuffix(DEFAULT_PORTS[scheme])}"


def rate(value: str) -> str | None:
    if value and not re.fullmatch(
        r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)", value
    ):
        raise ValueError("must be a rate such as 60/min, or empty for no limit")
    return value or None


def number(value: str, default: int, most: int, what: str) -> int:
    if value and not (re.fullmatch("[0-9]{1,9}", value) and 1 <= int(value) <= most):
        raise ValueError(f"must be {what}, from 1 to {most}")
    return int(value or default)


def processes(value: str) -> int:
    cores = min(os.cpu_count() or 1, MOST_PROCESSES)
    return number(value, cores, MOST_PROCESSES, "a number of processes")


def port(value: str) -> int:
    return number(value, 8000, 65535, "the number of a port")


def prefix(value: str) -> str:
    """The path below which the site lies, without a slash at the end."""
    if not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*", value):
        raise ValueError("must be a path such as /digits, that begins with / and ends without one")
    return value


def token(value: str) -> str | None:
    """A secret that is sent in a header."""
    if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,}", value):
        raise ValueError(
            "must be 16 or more letters and digits, such as openssl rand -hex 32 makes"
        )
    return value or None


def certificates(value: str) -> str:
    if value.lower() not in {"", "required", "none"}:
        raise ValueError("must be required or none")
    return value.lower() or "required"


def redis(value: str) -> str | None:
    if not value:
        return None
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    from redis import ConnectionPool, RedisError  # heavy, and few need it

    try:
        where = urlsplit(value)
        is_whole = where.path if where.scheme == "unix" else re.fullmatch("/?[0-9]*", where.path)
        if not is_whole or where.fragment:
            raise ValueError
        ConnectionPool.from_url(value).make_connection()  # which connects only when it is used
    except (ValueError, TypeError, RedisError):
        raise ValueError(
            "must look like redis://:password@host:6379/0, with the options that redis-py knows"
            " and %23, %2F, %3A and %40 for #, /, : and @ in a password"
        ) from None
    return value


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
        (check_file if found["ENGINE"] == SQLITE else check_options)(found)
    if found["ENGINE"] == SQLITE:
        # Readers never wait for the writer; what was answered with 201 survives a power cut;
        # a writer takes its lock at once and waits for it, so that none fails half-way; what is
        # erased is overwritten, also where SQLite was built to leave it in free pages.
        found["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA secure_delete=ON;",
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


def check_file(found: dict[str, Any]) -> None:
    """Whether SQLite finds it there, or can make it. Its folder is made where it is missing."""
    file = Path(found["NAME"])
    if found.get("HOST") or found.get("OPTIONS") or ":memory:" in found["NAME"]:
        raise ValueError("must name a file and nothing else, as sqlite:////folder/file does")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        place, needs = (file, os.R_OK) if file.exists() else (file.parent, os.W_OK | os.X_OK)
        is_usable = os.access(place, needs) and not file.is_dir()
    except OSError:
        is_usable = False
    if not is_usable:
        raise ValueError(
            "must name an SQLite database that can be read, or a new file in a folder that can be"
            " written"
        )


def check_options(found: dict[str, Any]) -> None:
    from psycopg import ProgrammingError  # heavy, and needed on PostgreSQL alone
    from psycopg.conninfo import make_conninfo, timeout_from_conninfo

    options = found.get("OPTIONS", {})
    try:
        make_conninfo(**options, dbname=found["NAME"])
        timeout_from_conninfo(options)
        is_right = options.get("sslmode", "prefer") in SSL_MODES
    except (ProgrammingError, TypeError):
        is_right = False
    if not is_right:
        raise ValueError("must have no options after its ? but those of libpq, with their values")


def is_public(host: str) -> bool:
    """Whether strangers may know the site by this name: not this machine's or a home network's."""
    name = host.strip("[].").lower()
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        is_one_label = "." not in host.rstrip(".") and host != "*"
        return not is_one_label and not f".{name}".endswith(tuple(f".{end}" for end in NOT_PUBLIC))


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
