import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SECRET = "a-long-and-random-one-0123456789-abcdefghijklmnopqrstuvwxyz"
OURS = {
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "REDIS_URL",
    "SECRET_KEY",
    "THROTTLE_PREDICT",
    "THROTTLE_SUBMIT",
    "WEB_CONCURRENCY",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """manage.py in a process of its own, with these settings and no others."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in OURS and not name.startswith("DJANGO_")  # as the tests' browser needs
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean | variables,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "production",
    [
        {"DATABASE_URL": "postgresql://digits@localhost/digits"},
        {"REDIS_URL": "redis://localhost:6379/0"},
    ],
)
def test_the_deployment_check_has_nothing_to_say_in_production(production):
    done = manage(
        "check",
        "--deploy",
        "--fail-level=DEBUG",
        ALLOWED_HOSTS="digits.example.org",
        SECRET_KEY=SECRET,
        **production,
    )
    assert "no issues" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_it_starts_with_no_environment_at_all():
    done = manage("diffsettings")
    assert done.returncode == 0
    assert "DEBUG = True" not in done.stdout
    assert "SECURE_SSL_REDIRECT" not in done.stdout
    assert "'ENGINE': 'digitsite.backends.sqlite'" in done.stdout
    assert (ROOT / "var" / "secret_key").exists()


@pytest.mark.parametrize(
    "missing_secret",
    [
        {"ALLOWED_HOSTS": "localhost,digits.example.org"},
        {"DATABASE_URL": "postgresql://digits@localhost/digits"},
        {"DATABASE_URL": "postgresql://digits@localhost/digits", "DEBUG": "on"},
    ],
)
def test_it_refuses_to_make_a_secret_where_processes_would_not_share_it(missing_secret):
    done = manage("check", **missing_secret)
    assert done.returncode == 1
    assert done.stderr.startswith("The site is not set up right: SECRET_KEY is missing.")
    assert "Traceback" not in done.stderr
    assert manage("check", SECRET_KEY=SECRET, **missing_secret).returncode == 0


def test_it_makes_its_own_secret_for_debugging_under_any_host():
    assert manage("check", ALLOWED_HOSTS="digits.example.org", DEBUG="on").returncode == 0


def test_gunicorn_says_what_is_wrong_and_stops():
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "digitsite.wsgi"],
        cwd=ROOT,
        env=os.environ | {"THROTTLE_SUBMIT": "often"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "The site is not set up right: "
        "THROTTLE_SUBMIT must be a rate such as 60/min, or empty for no limit.\n"
    )


def test_every_setting_is_in_the_example():
    example = (ROOT / ".env.example").read_text()
    assert [name for name in sorted(OURS | {"PORT"}) if f"#{name}=" not in example] == []
