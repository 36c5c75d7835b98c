import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from predictor.api.throttling import (
    ExportThrottle,
    ListThrottle,
    PredictThrottle,
    SubmitThrottle,
)
from predictor.models import Submission, Tombstone
from tests.support.programs import made

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    options = {"format": "openapi-json", "file": str(path)}
    call_command("spectacular", "--validate", "--fail-on-warn", **options)
    return json.loads(path.read_text())


def test_it_describes_every_call(schema):
    calls = {
        f"{method.upper()} {path}"
        for path, methods in schema["paths"].items()
        for method in methods
        if method != "parameters"
    }
    one = "/api/v1/submissions/{id}/"
    assert calls == {
        "GET /api/v1/submissions/",
        "POST /api/v1/submissions/",
        f"GET {one}",
        f"PATCH {one}",
        f"DELETE {one}",
        f"GET {one}drawing.png",
        f"GET {one}pixels.png",
        "POST /api/v1/predict/",
        "GET /api/v1/models/",
        "GET /api/v1/export/",
        "GET /healthz",
    }


def test_it_describes_what_a_submission_may_hold(schema):
    parts = schema["components"]["schemas"]
    sent = parts["SubmissionInput"]
    assert set(sent["properties"]) == {"image", "strokes", "widths", "device", "asked", "id"}
    assert "required" not in sent
    assert [one["required"] for one in sent["anyOf"]] == [["image"], ["strokes"]]
    assert parts["VisitorLabelInput"]["required"] == ["visitor_label"]
    kinds = parts["VisitorLabelInput"]["properties"]["visitor_label"]
    assert kinds["oneOf"] == [
        {"type": "integer", "minimum": 0, "maximum": 9},
        {"type": "string", "enum": ["not_a_digit"]},
        {"enum": [None]},
    ]
    assert kinds["nullable"] is True
    assert parts["UploadInput"]["properties"]["image"]["format"] == "binary"
    sent = schema["paths"]["/api/v1/submissions/"]["post"]["requestBody"]["content"]
    assert set(sent) == {"application/json", "multipart/form-data"}


def test_the_image_that_it_gives_as_an_example_can_be_read(client, db, schema):
    images = schema["components"]["schemas"]["PredictInput"]["properties"]["images"]
    body = {"images": [images["items"]["example"]]}
    answer = client.post("/api/v1/predict/", body, content_type="application/json")
    assert answer.json()["predictions"][0]["digit"] == 7


@pytest.mark.parametrize(
    "call, statuses",
    [
        ("post /api/v1/submissions/", "200 201 400 401 403 409 411 413 415 429 503"),
        ("get /api/v1/submissions/", "200 401 403 404 503"),
        ("get /api/v1/submissions/{id}/", "200 401 403 404 503"),
        ("patch /api/v1/submissions/{id}/", "200 400 401 403 404 411 413 415 503"),
        ("delete /api/v1/submissions/{id}/", "204 401 403 404 503"),
        ("get /api/v1/submissions/{id}/drawing.png", "200 401 403 404 412 503"),
        ("get /api/v1/submissions/{id}/pixels.png", "200 401 403 404 412 503"),
        ("post /api/v1/predict/", "200 400 401 403 411 413 415 429 503"),
        ("get /api/v1/models/", "200 401 429 503"),
        ("get /api/v1/export/", "200 400 401 403 404 429 503"),
        ("get /healthz", "200 503"),
    ],
)
def test_it_describes_every_answer(schema, call, statuses):
    method, path = call.split()
    assert sorted(schema["paths"][path][method]["responses"]) == statuses.split()


def test_answers_lead_to_what_may_be_asked_of_a_submission(schema):
    paths = schema["paths"].values()
    calls = {call["operationId"]: call for methods in paths for call in methods.values()}
    linked = {
        (name, status, link["parameters"]["id"])
        for name, call in calls.items()
        for status, response in call["responses"].items()
        for link in response.get("links", {}).values()
    }
    assert linked == {
        ("submit", "201", "$response.body#/id"),
        ("submit", "200", "$response.body#/id"),
        ("get_submission", "200", "$response.body#/id"),
        ("set_visitor_label", "200", "$response.body#/id"),
        ("list_submissions", "200", "$response.body#/results/0/id"),
    }
    links = calls["submit"]["responses"]["201"]["links"]
    assert {link["operationId"] for link in links.values()} < calls.keys()


def test_it_says_what_takes_a_token(schema):
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    security = {
        (path, method): call.get("security")
        for path, methods in schema["paths"].items()
        for method, call in methods.items()
    }
    assert security.pop(("/healthz", "get")) in (None, [{}])
    assert security.pop(("/api/v1/export/", "get")) == [{"token": []}]
    assert all(may == [{"token": []}, {}] for may in security.values())


def test_it_leads_to_where_the_site_is(client):
    for script, server in [("", "/"), ("/digits", "/digits")]:
        response = client.get("/api/schema/?format=json", SCRIPT_NAME=script)
        assert json.loads(response.content)["servers"] == [{"url": server}]


def test_it_says_who_sees_what_is_kept(schema):
    assert "reviewers" in schema["info"]["description"]


@pytest.mark.parametrize(
    "query, accept, sent",
    [
        ("", "*/*", "application/vnd.oai.openapi"),
        ("?format=json", "*/*", "application/vnd.oai.openapi+json"),
        ("?format=yaml", "*/*", "application/vnd.oai.openapi"),
        ("", "application/json", "application/json"),
        ("", "application/yaml", "application/yaml"),
        ("?lang=%00&version=a%0d%0ab", "*/*", "application/vnd.oai.openapi"),
    ],
)
def test_it_comes_as_yaml_or_json(client, query, accept, sent):
    response = client.get(f"/api/schema/{query}", headers={"accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"].split(";")[0] == sent


@pytest.mark.parametrize("query, accept, status", [("?format=x", "", 404), ("", "image/png", 406)])
def test_what_it_does_not_come_as_is_refused_in_json(client, query, accept, status):
    response = client.get(f"/api/schema/{query}", headers={"accept": accept})
    assert response.status_code == status
    assert response.json()["detail"]


@pytest.mark.parametrize("query", ["", "?script=", "?lang=%00&version=a%0d%0ab", "?script=&lang=x"])
def test_its_page_opens_whatever_is_asked_for(client, query):
    assert client.get(f"/api/docs/{query}").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "phases",
    [
        "--phases coverage,fuzzing",
        # There it overwrites what it made wrong with what earlier answers said, and takes the file
        # in a form for wrong.
        "--phases stateful --mode positive --exclude-checks negative_data_rejection",
    ],
    ids=["each call", "one after another"],
)
def test_the_api_does_what_it_describes(live_server, monkeypatch, tmp_path, phases):
    for throttle in (SubmitThrottle, PredictThrottle, ListThrottle, ExportThrottle):
        monkeypatch.setattr(throttle, "rate", "9999/s", raising=False)
    _, secret = made(may_export=True)
    url = f"{live_server.url}/api/schema/?format=json"
    options = f"{phases} --checks all --seed 7 --max-examples 10 --no-color"
    command = ["-m", "schemathesis.cli", "run", url, "--header", f"Authorization: Bearer {secret}"]
    hooks = "tests.support.schemathesis_hooks"
    environment = {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": hooks}
    done = subprocess.run(
        [sys.executable, *command, *options.split()],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "Warnings:" in done.stdout) == (0, False), done.stdout
    assert Submission.objects.exists() or Tombstone.objects.exists()
