import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.test import Client
from django.urls import path

from digitsite import urls
from digitsite.urls import handler400, handler403, handler404, handler500  # noqa: F401  this is a urlconf


def failing(error: Exception):
    def view(request):
        raise error

    return view


WAYS = {
    400: SuspiciousOperation("inner words"),
    403: PermissionDenied("inner words"),
    500: ValueError("inner words"),
    503: OperationalError("inner words"),
}
urlpatterns = [
    *(path(f"api/{status}", failing(error)) for status, error in WAYS.items()),
    *(path(f"{status}", failing(error)) for status, error in WAYS.items()),
    *urls.urlpatterns,
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("status", [*WAYS, 404])
def test_programs_get_json(client, status):
    response = client.get(f"/api/{status}")
    assert response.status_code == status
    assert list(response.json()) == ["detail"]
    assert b"inner words" not in response.content


@pytest.mark.parametrize("status", [*WAYS, 404])
def test_people_get_a_page(client, status):
    response = client.get(f"/{status}")
    assert response.status_code == status
    assert b"<h1" in response.content
    assert b"inner words" not in response.content
    assert b"Traceback" not in response.content


def test_a_form_without_its_token_gets_our_page():
    response = Client(enforce_csrf_checks=True).post("/admin/login/")
    assert response.status_code == 403
    assert b"<style" not in response.content
    assert b"<h1" in response.content


def test_a_wrong_host_is_refused(client):
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 400


def test_health_is_for_programs(client):
    response = client.post("/healthz", b"x", "text/plain", headers={"content-encoding": "gzip"})
    assert list(response.json()) == ["detail"]
