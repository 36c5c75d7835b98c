import json

import pytest
from django.core.management import call_command


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
        "GET /healthz",
    }


def test_it_describes_what_a_submission_may_hold(schema):
    parts = schema["components"]["schemas"]
    assert parts["SubmissionInput"]["required"] == ["image"]
    assert set(parts["SubmissionInput"]["properties"]) == {"image", "strokes", "id"}
    kinds = parts["PatchedClaimInput"]["properties"]["visitor_label"]
    assert kinds["oneOf"] == [
        {"type": "integer", "minimum": 0, "maximum": 9},
        {"type": "string", "enum": ["not_a_digit"]},
    ]
    assert kinds["nullable"] is True
    sent = schema["paths"]["/api/v1/submissions/"]["post"]["requestBody"]["content"]
    assert set(sent) == {"application/json", "multipart/form-data"}
