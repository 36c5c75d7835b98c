"""Every page in every language: nothing of it in English."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from predictor.models import Submission
from tests.support.samples import labelled, stored
from tests.support.visitors import known
from tests.support.words import LANGUAGES, left_over, measures

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawings(client: Client) -> list[Submission]:
    """Of every kind: right, wrong, of which nothing was said, and no digit at all."""
    visitor: UUID = known(client)
    kinds = [{"visitor_label": 7}, {"visitor_label": 3}, {"visitor_label": 10}, {}]
    found = [stored(visitor, **kind) for kind in kinds] + [stored(visitor, is_digit=False)]
    ann = User.objects.create(username="ann")
    labelled(found[0], 7, ann)
    labelled(found[1], 11, ann)
    return found


def pages(drawings: list[Submission]) -> list[str]:
    names = ["draw", "upload", "ten", "history", "delete_all"]
    filters = ["?digit=3", "?outcome=wrong&digit=9", "?digit=10"]
    return [
        *(reverse(f"predictor:{name}") for name in names),
        *(reverse("predictor:history") + filter for filter in filters),
        *(
            reverse(f"predictor:{name}", args=[drawing.pk])
            for name in ("detail", "explain", "delete")
            for drawing in drawings
        ),
        "/nothing-here",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_english_left(client, drawings, language):
    for path in pages(drawings):
        english = client.get(path).content.decode()
        translated = client.get(path, headers={"accept-language": language}).content.decode()
        assert left_over(english, translated, language) == set(), path
        assert measures(english) == measures(translated), path


def answers(client: Client, drawings: list[Submission], language: str) -> list[str]:
    """What is said to forms that were sent, and to requests that are refused."""
    headers = {"accept-language": language}
    upload, selected = reverse("predictor:upload"), reverse("predictor:delete_selected")
    files = [b"no picture", b"II*\0 of another kind", b""]
    sent = [{"image": SimpleUploadedFile("digit.png", content)} for content in files]
    found = [client.post(upload, data, headers=headers) for data in [*sent, {}]]
    for some in (drawings[:1], drawings, []):
        ids = {"drawing": [drawing.pk for drawing in some]}
        found.append(client.post(selected, ids, headers=headers))
    found.append(client.post(selected, {"drawing": "no id"}, headers=headers))
    for cookies in ({"kept": "1"}, {}):
        stranger = Client(enforce_csrf_checks=True)
        stranger.cookies.load(cookies)
        found.append(stranger.post(upload, headers=headers))
    chunked = headers | {"transfer-encoding": "chunked", "content-encoding": "gzip"}
    found.append(client.generic("POST", upload, b"", headers=chunked))
    found.append(client.post(upload, headers=headers | {"content-encoding": "gzip"}))
    found.append(client.post(upload[:-1], headers=headers))
    return [response.content.decode() for response in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_has_english_left(client, drawings, language):
    english = answers(client, drawings, "en")
    for one, other in zip(english, answers(client, drawings, language), strict=True):
        assert left_over(one, other, language) == set(), one


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_too_fast_reads_it_in_their_language(client, monkeypatch, language):
    monkeypatch.setattr("predictor.web.views.seconds_to_wait", lambda request, throttle: 2)
    for method, name in (("post", "upload"), ("get", "download")):
        send, path = getattr(client, method), reverse(f"predictor:{name}")
        english = send(path).content.decode()
        translated = send(path, headers={"accept-language": language}).content.decode()
        assert left_over(english, translated, language) == set()


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "You have 1 drawing here.", "You have 2 drawings here."),
        ("de", "Du hast hier 1 Zeichnung.", "Du hast hier 2 Zeichnungen."),
        ("es", "Tienes 1 dibujo aquí.", "Tienes 2 dibujos aquí."),
        ("fr", "Tu as 1 dessin ici.", "Tu as 2 dessins ici."),
    ],
)
def test_counts_take_the_form_that_goes_with_them(client, language, one, two):
    visitor = known(client)
    for sentence in (one, two):
        stored(visitor)
        page = client.get("/history/delete/", headers={"accept-language": language})
        assert sentence in page.content.decode()


@pytest.mark.parametrize(
    ("language", "day", "written"),
    [
        ("en", "Thursday, 5 March 2026", "5 Mar 2026, 15:04"),
        ("de", "Donnerstag, 5. März 2026", "5. März 2026, 15:04"),
        ("es", "Jueves, 5 de marzo de 2026", "5 de marzo de 2026, 15:04"),
        ("fr", "Jeudi 5 mars 2026", "5 mars 2026, 15:04"),
    ],
)
def test_dates_are_written_as_the_language_does(client, language, day, written):
    drawing = stored(known(client), created_at="2026-03-05T15:04:00Z")
    headers = {"accept-language": language}
    assert f"<h2>{day}</h2>" in client.get("/history/", headers=headers).content.decode()
    page = client.get(drawing.get_absolute_url(), headers=headers).content.decode()
    assert f"{written} UTC" in page
