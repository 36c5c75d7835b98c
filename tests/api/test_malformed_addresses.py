"""Addresses that lead nowhere, and what is said of a drawing that can't be."""

import base64
import json
from uuid import UUID

import pytest

from predictor.models import Submission
from tests.support.malformed import BODIES
from tests.support.samples import text

pytestmark = pytest.mark.django_db
SUBMIT = "/api/v1/submissions/"
UNKNOWN = UUID("c06ba279-30d1-4a5b-a3f6-9f3c1a8a9f5e")  # of no drawing
JSON, MULTIPART = "application/json", "multipart/form-data; boundary=x"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


VISITOR_LABELS = [
    True,
    False,
    -1,
    10,
    11,
    10**400,
    7.0,
    1.5,
    "7",
    "٧",
    "",
    "Not_a_digit",
    "cant_tell",
    "\0",
    "\ud800",
    [],
    [7],
    {},
]
CURSORS = [
    "x",
    "%ff",
    "é",
    encoded(b"p=abc"),
    encoded(b"p=\0"),
    encoded(b"p=2026"),
    encoded(b"p=9999-99-99"),
    encoded(b"p=0001-01-01T00:00:00%2B23:59"),
    encoded(b"p=9999-12-31T23:59:59-23:59"),
    encoded(b"o=-1"),
    encoded(b"o=x"),
    encoded(b"o=" + b"9" * 5000),
    encoded(b"r=7&p=7&o=7"),
    encoded("p=٢٠٢٦-٠١-٠١".encode()),
]
NO_UUIDS = ["x", "7", "%00", "é", "%ff", "..", str(UNKNOWN)[:-1], UNKNOWN.hex, "٣" * 36]


@pytest.mark.parametrize("cursor", CURSORS, ids=lambda v: repr(v)[:40])
def test_cursors_that_lead_nowhere(client, cursor):
    client.post(SUBMIT, {"image": text()}, JSON)
    response = client.get(f"{SUBMIT}?cursor={cursor}")
    assert response.status_code == 404
    assert response.json()["detail"]


@pytest.mark.parametrize("cursor", ["", "%00", "A" * 5000])
def test_cursors_that_name_no_place_are_the_first_page(client, cursor):
    id = client.post(SUBMIT, {"image": text()}, JSON).json()["id"]
    response = client.get(f"{SUBMIT}?cursor={cursor}")
    assert response.status_code == 200
    assert [row["id"] for row in response.json()["results"]] == [id]


@pytest.mark.parametrize("id", [*NO_UUIDS, str(UNKNOWN)])
@pytest.mark.parametrize("rest", ["/", "/drawing.png", "/pixels.png"])
def test_drawings_that_are_not_there(client, refused, id, rest):
    refused(client.get(f"{SUBMIT}{id}{rest}"), 404)


@pytest.mark.parametrize(
    "path",
    [f"{id}{rest}" for id in NO_UUIDS for rest in ("/", "/drawing.png", "/pixels.png")]
    + [f"{UNKNOWN}/"],
)
def test_drawings_that_are_not_there_cannot_be_changed(client, refused, path):
    refused(client.patch(f"{SUBMIT}{path}", {"visitor_label": 7}, JSON), 404)
    refused(client.delete(f"{SUBMIT}{path}"), 404)


@pytest.mark.parametrize("name", ["drawing.png", "pixels.png"])
def test_pictures_take_no_change(client, refused, name):
    refused(client.patch(f"{SUBMIT}{UNKNOWN}/{name}", {"visitor_label": 7}, JSON), 405)
    refused(client.delete(f"{SUBMIT}{UNKNOWN}/{name}"), 405)


@pytest.mark.parametrize("value", VISITOR_LABELS, ids=lambda v: repr(v)[:40])
def test_visitor_labels_that_are_none(client, value):
    url = f"{SUBMIT}{client.post(SUBMIT, {'image': text()}, JSON).json()['id']}/"
    response = client.patch(url, json.dumps({"visitor_label": value}), content_type=JSON)
    assert response.status_code == 400
    assert list(response.json()) == ["visitor_label"]
    assert Submission.objects.get().visitor_label is None


@pytest.mark.parametrize("body", BODIES, ids=lambda v: repr(v)[:40])
def test_visitor_labels_in_another_form(client, body):
    url = f"{SUBMIT}{client.post(SUBMIT, {'image': text()}, JSON).json()['id']}/"
    assert client.patch(url, body, content_type=JSON).status_code == 400
    # Without a body, no type is looked at.
    status = 415 if body else 400
    assert client.patch(url, body, content_type=MULTIPART).status_code == status
