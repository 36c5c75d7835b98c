import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SECRET = "a-long-and-random-one-0123456789-abcdefghijklmnopqrstuvwxyz"
OURS = {
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "PORT",
    "REDIS_SSL_CERT_REQS",
    "REDIS_URL",
    "SCRIPT_NAME",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
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


@pytest.mark.parametrize("secret", ["letmein", "a" * 64, "12312312312312312312"])
def test_it_refuses_a_secret_that_can_be_guessed_on_a_public_site(secret):
    done = manage("check", ALLOWED_HOSTS="digits.example.org", SECRET_KEY=secret)
    assert done.returncode == 1
    assert done.stderr.startswith("The site is not set up right: SECRET_KEY can be guessed")
    assert secret not in done.stderr
    assert manage("check", ALLOWED_HOSTS="raspberrypi", SECRET_KEY=secret).returncode == 0


def test_it_makes_its_own_secret_for_debugging_under_any_host():
    assert manage("check", ALLOWED_HOSTS="digits.example.org", DEBUG="on").returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", '["example.org"]'),
        ("DATABASE_URL", "sqlite:////dev/null/file"),
        ("PORT", "http"),
        ("REDIS_URL", "redis://127.0.0.1:abc"),
        ("SCRIPT_NAME", "digits"),
        ("WEB_CONCURRENCY", "1000000"),
    ],
)
def test_a_bad_value_explains_itself_at_start(name, value):
    done = manage("check", **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"The site is not set up right: {name} ")
    assert done.stderr.count("\n") == 1


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


@pytest.mark.django_db
def test_who_logs_in_without_a_place_to_go_to_lands_in_the_admin(client, django_user_model):
    django_user_model.objects.create_superuser("ann", password="a-good-password")
    form = {"username": "ann", "password": "a-good-password", "next": "https://elsewhere.example/"}
    response = client.post("/admin/login/", form)
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_every_setting_is_in_the_example():
    example = (ROOT / ".env.example").read_text()
    assert [name for name in sorted(OURS) if f"#{name}=" not in example] == []
