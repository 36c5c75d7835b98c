"""Without a line: the pages to draw on are there, once one of them was opened with one."""

import json

import pytest
from django.test import Client
from playwright.sync_api import Error, Page, expect

from predictor.models import Submission
from tests.support.visitors import draw, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = """async () => {
  const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = await Promise.all(caches_.map((cache) => cache.keys()));
  return requests.flat().map(({ url }) => new URL(url).pathname);
}"""
CONTROLLED = "() => navigator.serviceWorker.controller?.state === 'activated'"


@pytest.fixture
def installed(new_page) -> Page:
    """A page whose browser keeps all that it needs."""
    page = new_page(service_workers="allow")
    page.goto("/")
    wait_until(page, lambda: page.evaluate(CONTROLLED))
    return page


@pytest.mark.parametrize("path", ["/", "/ten/"])
def test_the_pages_to_draw_on_load_and_read(installed, problems, path):
    installed.context.set_offline(True)
    installed.goto(path)
    if path == "/ten/":
        installed.get_by_role("button", name="Start").click()
    draw(installed)
    expect(installed.locator("#digit")).to_have_text("7")
    assert Submission.objects.count() == 0
    problems.clear()  # that there is no line


def test_nothing_of_a_visitors_own_is_kept(installed, problems):
    installed.goto("/history/")
    installed.goto("/admin/login/")
    kept = installed.evaluate(KEPT)
    assert "/ten/" in kept
    starts = ("/static/", "/networks/", "/language/")
    assert {path for path in kept if not path.startswith(starts)} == {"/", "/ten/"}
    installed.context.set_offline(True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        installed.goto("/history/")
    problems.clear()


def test_the_manifest_names_icons_that_are_there(client: Client):
    manifest = json.loads(client.get("/manifest.webmanifest").content)
    assert manifest["start_url"] == manifest["scope"] == "/"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        response = client.get(icon["src"])
        response.close()
        assert (response.status_code, response["Content-Type"]) == (200, "image/png")


def test_the_worker_is_looked_for_each_time(client: Client):
    response = client.get("/service-worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
