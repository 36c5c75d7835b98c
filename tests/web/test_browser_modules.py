"""The JavaScript modules: cached for ever under hashed names, and asked for all at once."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from digitsite import settings as production
from tests.support.visitors import draw, read

pytestmark = pytest.mark.django_db(transaction=True)


def loaded(page: Page) -> list[str]:
    """Paths of the scripts that the page has loaded; its worker begins later."""
    return page.evaluate(
        """() => {
            const [{ loadEventEnd }] = performance.getEntriesByType("navigation");
            return performance.getEntriesByType("resource")
                .filter(({ startTime }) => startTime < loadEventEnd)
                .map(({ name }) => new URL(name).pathname)
                .filter((path) => path.endsWith(".js"));
        }"""
    )


def announced(page: Page) -> set[str]:
    """Paths of the scripts that the page's HTML tells of."""
    links = page.locator("script[src], link[rel=modulepreload]")
    return set(links.evaluate_all("all => all.map(one => new URL(one.src || one.href).pathname)"))


@pytest.fixture
def collected(tmp_path: Path):
    """Collected as in production, less the packages' own, which take long."""
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=production.STORAGES):
        options = {"ignore_patterns": ["admin", "drf_spectacular_sidecar"]}
        call_command("collectstatic", interactive=False, verbosity=0, **options)
        yield


def test_every_module_has_a_hashed_name_and_is_kept_for_ever(collected, page):
    page.goto("/")
    draw(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#details")).to_be_visible()
    paths = loaded(page)
    assert len(paths) > 5
    for path in paths:
        assert re.fullmatch(r"/static/js/[\w/-]+\.[0-9a-f]{12}\.js", path)
        response = Client().get(path)
        response.close()
        assert "immutable" in response["Cache-Control"]


def test_no_module_waits_for_another_to_ask_for_it(page, admin_client, live_server):
    session = {"name": "sessionid", "value": admin_client.cookies["sessionid"].value}
    page.context.add_cookies([session | {"url": live_server.url}])
    page.goto("/")
    draw(page)
    drawing = read(page)
    explanation = reverse("predictor:explain", args=[drawing.pk])
    own = ("/history/", drawing.get_absolute_url(), explanation)
    for path in ("/", "/upload/", *own, "/admin/predictor/submission/review/"):
        page.goto(path, wait_until="networkidle")
        assert sorted(loaded(page)) == sorted(announced(page)), path
