"""What scripts say, in a file of its own for each language."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from digitsite import messages

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


@pytest.mark.parametrize("language", LANGUAGES)
def test_they_are_kept_for_ever_under_their_version(client, language):
    with translation.override(language):
        url = messages.url()
    response = client.get(url)
    assert response["Content-Type"] == "text/javascript"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not {"Cookie", "Accept-Language"} & set(response.get("Vary", "").split(", "))
    assert "Content-Language" not in response


def test_a_version_that_is_another_process_own_is_kept_by_no_cache(client):
    response = client.get(reverse("messages", args=["de", "0123456789ab"]))
    assert response.status_code == 200
    assert response.content == messages.messages("de")[1]
    assert "no-store" in response["Cache-Control"]


def test_each_language_has_its_own(client):
    assert len({messages.messages(language) for language in LANGUAGES}) == len(LANGUAGES)


def test_they_are_in_the_language_of_their_address_whatever_the_visitor_speaks(client):
    url = reverse("messages", args=["de", messages.messages("de")[0]])
    assert client.get(url, headers={"accept-language": "fr"}).content == messages.messages("de")[1]


@pytest.mark.parametrize("language", ["xx", "de-AT", "en", "DE"])
def test_a_language_that_the_site_does_not_speak_has_none(client, language):
    assert client.get(f"/language/{language}/0123456789ab.js").status_code == 404


def test_the_source_language_needs_none():
    with translation.override(settings.LANGUAGE_CODE):
        assert messages.url() == ""


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_they_are_only_read(client, method):
    url = reverse("messages", args=["de", messages.messages("de")[0]])
    assert getattr(client, method)(url).status_code == 405
