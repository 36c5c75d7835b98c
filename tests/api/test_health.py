from django.db import OperationalError, connection

from digitsite.backends.reasons import AWAY
from predictor.models import ModelVersion
from predictor.registry import serving
from tests.support.samples import text

URL = "/healthz"


def away(*args, **kwargs):
    raise OperationalError("could not connect to server")


def test_it_is_well(client, db):
    response = client.get(URL)
    assert response.status_code == 200
    version = serving.network().version
    assert response.json() == {
        "database": True,
        "writable": True,
        "network": version,
        "active": version,
        "problems": [],
    }


def test_it_says_that_the_database_is_away_while_the_network_is_there(client, db, monkeypatch):
    version = serving.network().version
    monkeypatch.setattr(serving, "_next_check", 0.0)
    with monkeypatch.context() as context:
        context.setattr(connection, "cursor", away)
        response = client.get(URL)
    assert response.status_code == 503
    said = response.json()
    assert said.pop("problems") == [AWAY.for_visitors]
    assert said == {"database": False, "writable": False, "network": version, "active": None}


def test_it_says_that_there_is_no_network(client, db, monkeypatch, tmp_path):
    ModelVersion.objects.all().delete()
    monkeypatch.setattr("ml.runtime.ARTIFACTS", tmp_path)
    monkeypatch.setattr(serving, "_network", None)
    response = client.get(URL)
    assert response.status_code == 503
    said = response.json()
    assert said.pop("problems") == ["No network is active."]
    assert said == {"database": True, "writable": True, "network": None, "active": None}


def test_the_api_says_that_the_database_is_away(client, db, monkeypatch):
    body = {"image": text()}
    url = "/api/v1/submissions/"
    assert client.post(url, body, content_type="application/json").status_code == 201
    with monkeypatch.context() as context:
        context.setattr(connection, "cursor", away)
        response = client.get(url)
        predicted = client.post("/api/v1/predict/", {"images": [text()]}, "application/json")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "database" in response.json()["detail"]
    assert predicted.status_code == 200


def test_it_refuses_other_methods(client, db):
    assert client.post(URL).status_code == 405
