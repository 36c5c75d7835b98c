import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.utils import translation
from hypothesis import settings

from predictor.registry import serving

pytest_plugins = [
    "tests.support.migrations",
    "tests.support.networks",
    "tests.support.reviewers",
    "tests.support.serving",
    "tests.support.unipen",
]

# The same examples each time, few of them; or as many as one has time for, and others each time.
settings.register_profile("quick", max_examples=20, deadline=None, derandomize=True, database=None)
settings.register_profile("deep", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
TIMEOUT_MS = 30_000  # a browser on a machine that has other things to do as well
CHROMIUM_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def uses_database(item: pytest.Item) -> bool:
    return (
        item.get_closest_marker("django_db") is not None
        or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


@pytest.hookimpl(tryfirst=True)  # before some are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    # The others were run on SQLite, and would do the very same again.
    if connection.vendor == "postgresql":
        again = [item for item in items if uses_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in again])
        items[:] = again


@pytest.fixture(scope="session", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Hashed as in production, but not compressed, which takes ten times as long.
    storage = "digitsite.storage.HashedStorage"
    with override_settings(
        STATIC_ROOT=tmp_path_factory.mktemp("static"),
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": storage},
        },
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_quickly() -> Iterator[None]:
    # Production takes a quarter of a second for each, and most tests have somebody logged in.
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    # A file, as in production: SQLite in memory locks in another way.
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session", autouse=True)
def tests_may_clean_up() -> Iterator[None]:
    """After a test SQLite deletes row by row, and does not let events go before their drawings, nor
    those of the site at all.
    """
    bury = [
        "INSERT OR IGNORE INTO predictor_tombstone SELECT id, created_at FROM predictor_submission",
        "DELETE FROM predictor_labelevent",
        "DELETE FROM predictor_submission",
    ]
    kept = "predictor_site_event_is_kept"
    trigger = f"SELECT sql FROM sqlite_master WHERE name = '{kept}'"
    flush = type(connection.ops).sql_flush

    def sql_flush(*args: Any, **options: Any) -> list[str]:
        with connection.cursor() as cursor:
            [[create]] = cursor.execute(trigger).fetchall()
        return [f"DROP TRIGGER {kept}", *bury, *flush(*args, **options), create]

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "sqlite":
            patch.setattr(type(connection.ops), "sql_flush", sql_flush)
        yield


@pytest.fixture(autouse=True)
def no_requests_counted_yet() -> None:
    cache.clear()  # throttles count there


@pytest.fixture(autouse=True)
def nothing_was_said_yet() -> None:
    translation.deactivate()  # the language of the last request goes on in its thread


@pytest.fixture(autouse=True)
def network_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each test has another database than the one that the process remembers.
    monkeypatch.setattr(serving, "_next_check", 0.0)


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Any, dict[str, Any]]]:
    """Playwright's way to browsers, and what it needs to start the system's Chromium."""
    executable = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not executable:
        give_up = pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip
        give_up("no chromium, chromium-browser or google-chrome is installed here")

    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=TIMEOUT_MS)
    # Playwright keeps an event loop in this thread, in which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        options = {"executable_path": executable, "args": [*CHROMIUM_FLAGS, *root]}
        yield playwright.chromium, options


@pytest.fixture(scope="session")
def browser(chromium):
    kind, options = chromium
    browser = kind.launch(**options)
    yield browser
    browser.close()


@pytest.fixture
def problems() -> list[str]:
    """What the browser complained of; a test that provokes a complaint takes it out."""
    return []


@pytest.fixture
def answered(live_server) -> Iterator[None]:
    """Waits at the end for requests under way: the database can't be emptied under them."""
    begun, ended = [], []

    def begin(**_: Any) -> None:
        begun.append(1)

    def end(**_: Any) -> None:
        ended.append(1)

    request_started.connect(begin)
    request_finished.connect(end)
    yield
    give_up = time.monotonic() + 10
    while len(ended) < len(begun):
        assert time.monotonic() < give_up, "a request is not answered"
        time.sleep(0.01)


@pytest.fixture
def new_page(browser, live_server, answered, problems) -> Iterator[Callable]:
    """Opens a page as another visitor: `new_page(java_script_enabled=False, …)`."""
    contexts = []

    def open_page(**options):
        # A service worker would ask for pages of which a test knows nothing.
        options = {"service_workers": "block"} | options
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        # Violations of the content policy are console errors too.
        page.on("console", lambda said: said.type == "error" and problems.append(said.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(new_page):
    return new_page()
