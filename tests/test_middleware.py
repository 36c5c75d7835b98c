import pytest

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


def test_a_length_that_is_no_number_does_no_harm(client):
    response = client.post("/api/nothing-here", b"", content_type="text/plain", CONTENT_LENGTH="²")
    assert response.status_code == 404
