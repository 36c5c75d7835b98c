"""What is said of what can't be read; test_corpus.py has the exact answer to hundreds of them."""

import io
import json
from uuid import uuid4

import pytest

from tests.support.malformed import FILE, part
from tests.support.samples import png, text

pytestmark = pytest.mark.django_db
SUBMIT, PREDICT = "/api/v1/submissions/", "/api/v1/predict/"
JSON = "application/json"


def submit(client, body, content_type=JSON):
    return client.post(SUBMIT, body, content_type=content_type)


@pytest.mark.parametrize(
    "body, said",
    [
        ("{", "line 1, column 2"),
        ('{\n"a": x}', "line 2, column 6"),
        ("{}{}", "line 1, column 3"),
        ("[NaN]", "NaN is not a number"),
        ("[-Infinity]", "-Infinity is not a number"),
        ("9" * 5000, "too many digits"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 5_000, "nested too deeply"),
        ('{"a":[' * 10_000, "nested too deeply"),
        ("[" + "[]," * 20_000, "more than 10,000 lists"),
        (b"{}\xff", "UTF-8"),
        ('"\\ud800"', "half of a character"),
        ('{"images": [], "\\uDFFF": 7}', "half of a character"),
        ('{"\\ud83d": "\\ude00"}', "half of a character"),
    ],
    ids=lambda v: repr(v)[:40],
)
@pytest.mark.parametrize("url", [SUBMIT, PREDICT])
def test_it_says_in_plain_words_what_is_wrong_with_the_json(client, refused, url, body, said):
    answer = refused(client.post(url, body, content_type=JSON), 400)
    assert list(answer) == ["detail"]
    assert said in answer["detail"]


def test_half_of_a_character_is_found_where_it_would_be_left_out(client, refused):
    body = {"images": [text()], "note": ["\ud800"], "\U0001f600": 7}
    assert list(refused(client.post(PREDICT, json.dumps(body), JSON), 400)) == ["note"]


def test_whole_characters_may_be_escaped(client):
    body = json.dumps({"images": [text()], "note": "\U0001f600"}).replace("A", "\\u0041")
    assert client.post(PREDICT, body, content_type=JSON).status_code == 200


def test_an_empty_id_in_a_form_is_no_id(client, refused):
    answer = refused(client.post(SUBMIT, {"image": io.BytesIO(png()), "id": ""}), 400)
    assert list(answer) == ["id"]


@pytest.mark.parametrize("field", ["id", "image"])
def test_a_form_with_a_field_twice_is_refused(client, refused, field):
    form = {"image": io.BytesIO(png()), "id": str(uuid4())}
    again = {"image": io.BytesIO(png()), "id": str(uuid4())}
    answer = refused(client.post(SUBMIT, form | {field: [form[field], again[field]]}), 400)
    assert list(answer) == [field]


@pytest.mark.parametrize("url, field", [(SUBMIT, "image"), (PREDICT, "images")])
def test_any_content_type_is_read_as_json(client, refused, url, field):
    answer = refused(client.post(url, '{"image": "AAAA"}', content_type="*/*;q=2"), 400)
    assert list(answer) == [field]


@pytest.mark.parametrize("boundary", ["", ";", "; boundary=", "; boundary=é"])
def test_forms_without_a_boundary(client, refused, boundary):
    refused(submit(client, part(FILE), f"multipart/form-data{boundary}"), 400)


def test_a_boundary_that_is_too_long(client, refused):
    refused(submit(client, part(FILE), f"multipart/form-data; boundary={'x' * 999}"), 415)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "0", "", "٣"])
def test_lengths_that_are_none(client, refused, length):
    refused(client.post(SUBMIT, '{"image": 7}', JSON, CONTENT_LENGTH=length), 400)


@pytest.mark.parametrize("accept", ["", "text/html", "image/png", "x", "*/*;q=x", "a" * 5000])
def test_it_answers_in_json_whatever_is_accepted(client, accept):
    response = client.get(f"{SUBMIT}?format=xml", headers={"accept": accept})
    assert response.json()["results"] == []


@pytest.mark.parametrize("part", ["[],", "{},", "7,", '"a",', "1.5,", "[[[1],[2]]],"])
def test_json_that_would_fill_the_memory(client, refused, part):
    many = part * 500_000
    refused(client.post(PREDICT, '{"images": [' + many + "0]}", JSON), 400)
    refused(submit(client, '{"image": "AAAA", "strokes": [' + many + "0]}"), 400)


def test_the_most_strokes_that_are_accepted_are(client):
    strokes = [[[0.1 + point * 1.123456789 for point in range(100)]] * 3] * 200
    assert submit(client, {"image": text(), "strokes": strokes}).status_code == 201
