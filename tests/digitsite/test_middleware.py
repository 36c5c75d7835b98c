import pytest
from django.templatetags.static import static

LIMIT = 16 * 2**20


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/api/schema/", "/nothing-here", "/api/nothing-here"]
)
@pytest.mark.django_db
def test_every_answer_carries_the_policies(client, path):
    response = client.get(path)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
def test_a_body_over_the_limit_is_refused(client, content_type):
    response = client.post("/api/nothing-here", b"x" * (LIMIT + 1), content_type=content_type)
    assert response.status_code == 413
    assert response.json() == {"detail": "That is too large to be read here."}


def test_a_body_at_the_limit_is_let_in(client):
    response = client.post("/api/nothing-here", b"x" * LIMIT, content_type="application/json")
    assert response.status_code == 404


def test_people_get_a_page_about_what_was_too_large(client):
    response = client.post("/nothing-here", b"x" * (LIMIT + 1), content_type="text/plain")
    assert response.status_code == 413
    assert b"<h1" in response.content


@pytest.mark.parametrize("length", ["²", "x", "9" * 5000])
def test_a_length_that_is_no_number_does_no_harm(client, length):
    response = client.post("/api/nothing-here", b"", "text/plain", CONTENT_LENGTH=length)
    assert response.status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/predict/", "/api/nothing-here", "/healthz"])
@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "deflate, gzip", "x"])
def test_what_is_compressed_is_refused(client, path, encoding):
    headers = {"content-encoding": encoding}
    response = client.post(path, b"\x1f\x8b", "application/json", headers=headers)
    assert response.status_code == 415
    assert "Content-Encoding" in response.json()["detail"]
    assert response["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_what_is_not_compressed_is_let_in(client, encoding):
    headers = {"content-encoding": encoding}
    response = client.post("/api/nothing-here", b"x", "application/json", headers=headers)
    assert response.status_code == 404


def test_an_encoding_of_nothing_does_no_harm(client):
    assert client.get("/api/nothing", headers={"content-encoding": "gzip"}).status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/predict/", "/api/nothing-here", "/healthz"])
def test_a_body_of_unknown_length_is_refused(client, path):
    headers = {"transfer-encoding": "chunked"}
    response = client.generic("POST", path, b"", headers=headers)
    assert response.status_code == 411
    assert "Content-Length" in response.json()["detail"]


def test_people_get_a_page_about_a_length_that_is_missing(client):
    response = client.generic("POST", "/upload/", b"", headers={"transfer-encoding": "chunked"})
    assert response.status_code == 411
    assert b"<h1" in response.content


@pytest.mark.parametrize(
    "path", ["/api/schema/", "/api/docs/", "/admin/login/", "/nothing-here", "/api/nothing-here"]
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.django_db
def test_what_says_nothing_of_caches_is_kept_by_none(client, method, path):
    response = client.generic(method, path)
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]


def test_files_of_the_site_may_be_kept(client):
    response = client.get(static("css/base.css"))
    assert "no-store" not in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
