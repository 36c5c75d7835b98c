"""The API's sentences are for people, in their language; all else is the same in each."""

import json
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.response import Response

from predictor.api import docs
from tests.support.programs import holder_of, program
from tests.support.samples import SEVEN, png, stored, text
from tests.support.visitors import known
from tests.support.words import LANGUAGES

pytestmark = pytest.mark.django_db
SUBMISSIONS, PREDICT = "/api/v1/submissions/", "/api/v1/predict/"
MALFORMED = [
    *(b"{", b"[1, 2", b'{"image": NaN}', b'"\\ud800"', b"\xff", b"[" * 20_000, b"1" * 5000, b"[]"),
    b"[" + b"[]," * 20_000 + b"[]]",
]
WRONG = [
    {},
    {"image": 1},
    {"image": "not base64!"},
    {"image": text([])},
    {"image": "bm8gcGljdHVyZQ=="},
    {"image": "JVBERi0xLjQK"},
    {"image": text(), "id": "no id"},
    {"image": text(), "strokes": [[1]]},
    {"image": text(), "strokes": SEVEN * 201},
    {"image": text(), "widths": [0]},
    {"strokes": [[[400], [0]]]},
]
UNREADABLE = [[], [text([])], [text()] * 65, ["bm8gcGljdHVyZQ=="], "no list"]


def wide() -> bytes:
    return cv2.imencode(".png", np.zeros((1, 20_000), np.uint8))[1].tobytes()


def refusals(language: str) -> list[Response]:
    """Every way in which the API says no to what was sent."""
    client = Client(headers={"accept-language": language})
    drawing = stored(known(client)).pk
    stranger = str(stored().pk)

    def post(url, body):
        return client.post(url, body, content_type="application/json")

    png_file = SimpleUploadedFile("large.png", b"\x89PNG" + bytes(16_000_001))
    denied = program(may_submit=False)
    return [
        *(post(SUBMISSIONS, body) for body in MALFORMED),
        *(post(SUBMISSIONS, json.dumps(drawing)) for drawing in WRONG),
        *(post(PREDICT, json.dumps({"images": images})) for images in UNREADABLE),
        post(PREDICT, json.dumps({"images": [text()], "pixels": 1})),
        post(SUBMISSIONS, json.dumps({"image": text(), "id": stranger})),
        client.post(SUBMISSIONS, {"image": png_file}),
        client.post(SUBMISSIONS, {"image": SimpleUploadedFile("wide.png", wide())}),
        client.post(SUBMISSIONS, b"<x/>", content_type="text/xml"),
        client.post(SUBMISSIONS, {}, headers={"origin": "https://evil.example"}),
        client.patch(f"{SUBMISSIONS}{drawing}/", {"visitor_label": 11}, "application/json"),
        client.get(f"{SUBMISSIONS}{uuid4()}/"),
        client.get(f"{SUBMISSIONS}{drawing}/drawing.png", headers={"if-match": '"x"'}),
        client.get(SUBMISSIONS, {"cursor": "x"}),
        client.put(SUBMISSIONS),
        client.get("/api/nothing-here"),
        client.post(SUBMISSIONS[:-1]),
        client.get("/api/v1/export/"),
        holder_of("digits_wrong").get(SUBMISSIONS, headers={"accept-language": language}),
        denied.get(SUBMISSIONS, headers={"accept-language": language}),
    ]


def sentences(answer: Any) -> dict[str, str]:
    """Each sentence by its place in the answer."""
    if isinstance(answer, str):
        return {"": answer}
    items = answer.items() if isinstance(answer, dict) else enumerate(answer)
    return {f"{key}.{at}": text for key, each in items for at, text in sentences(each).items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_differ_in_their_sentences_alone(language):
    for english, translated in zip(refusals("en"), refusals(language), strict=True):
        assert english.status_code == translated.status_code >= 400
        one, other = sentences(english.json()), sentences(translated.json())
        assert one.keys() == other.keys()
        assert [text for place, text in one.items() if text == other[place]] == []
        assert translated["Content-Language"] == language
        assert {"Accept-Language", "Cookie"} <= set(translated["Vary"].split(", "))


def test_programs_that_ask_for_no_language_hear_english(client):
    answer = client.post(PREDICT, {"images": []}, content_type="application/json")
    assert answer["Content-Language"] == settings.LANGUAGE_CODE
    assert (
        "not_a_digit"
        in client.patch(
            f"{SUBMISSIONS}{stored(known(client)).pk}/", {"visitor_label": 11}, "application/json"
        ).json()["visitor_label"][0]
    )


def test_pages_hear_the_language_that_their_visitor_has_chosen(client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
    answer = client.post(SUBMISSIONS, {}, headers={"accept-language": "de"})
    assert answer.json() == {"image": ["Envoie une image, ou des traits."]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_the_same_in_every_language(client, language):
    drawing = stored(known(client), visitor_label=10).pk
    for path in (f"{SUBMISSIONS}{drawing}/", SUBMISSIONS, "/api/v1/models/", "/api/schema/"):
        english = client.get(path)
        translated = client.get(path, headers={"accept-language": language})
        assert english.status_code == 200
        assert english.content == translated.content
        assert "Content-Language" not in translated
        assert "Accept-Language" not in translated.get("Vary", "")


def test_the_description_is_english_whoever_asks_first(client):
    docs.description.cache_clear()
    schema = client.get("/api/schema/?format=json", headers={"accept-language": "de"}).content
    docs.description.cache_clear()
    assert client.get("/api/schema/?format=json").content == schema


def test_a_picture_is_the_same_in_every_language(client):
    image = SimpleUploadedFile("digit.png", png())
    answer = client.post(SUBMISSIONS, {"image": image}, headers={"accept-language": "de"})
    assert answer.status_code == 201
    assert "Accept-Language" not in answer.get("Vary", "")
