"""The admin in every language: Django's own words and the site's."""

import pytest
from django.test import Client

from predictor.registry import serving
from tests.support.admin import LIST, NETWORKS, act, messages
from tests.support.samples import many, stored
from tests.support.words import LANGUAGES, left_over, measures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]
DATA = ("admin", "admin example com", "ann", "bad", "uta")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_english_left(admin_client, pages, language):
    for path in pages:
        english = admin_client.get(path).content.decode()
        response = admin_client.get(path, headers={"accept-language": language})
        translated = response.content.decode()
        assert response.status_code == 200
        assert f'<html lang="{language}"' in translated
        assert 'class="languages"' in translated
        assert left_over(english, translated, language, *DATA) == set(), path
        assert measures(english) == measures(translated), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_nor_has_the_page_to_log_in_on(client, language):
    english = client.get("/admin/login/").content.decode()
    translated = client.get("/admin/login/", headers={"accept-language": language})
    assert left_over(english, translated.content.decode(), language) == set()


def said(client: Client, language: str) -> list[str]:
    """What actions say, to one drawing and to several."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    rows = many(3, visitor_label=7)
    found: list[str] = []
    actions = ("confirm_prediction", "accept_visitor_label", "confirm_label")
    for name in actions:
        found += messages(act(client, name, rows))
    for some in (rows[:1], rows):
        found.append(act(client, "delete_selected", some).content.decode())
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_actions_answer_in_the_language(admin_client, language):
    english, translated = said(admin_client, "en"), said(admin_client, language)
    assert len(english) == len(translated) == 5
    for one, other in zip(english, translated, strict=True):
        assert left_over(one, other, language, *DATA) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_network_that_cant_be_loaded_is_told_to_each_in_their_language(
    admin_client, monkeypatch, language
):
    monkeypatch.setattr(serving, "_problem", serving._problem_with("bad", "good"))
    headers = {"accept-language": language}
    english = admin_client.get(NETWORKS).content.decode()
    translated = admin_client.get(NETWORKS, headers=headers).content.decode()
    assert "The network bad can&#x27;t be loaded. good answers instead." in english
    assert "can&#x27;t be loaded" not in translated and "answers instead" not in translated


def test_a_label_of_the_last_grid_is_told_in_the_language_of_the_page(reviewer):
    drawing = stored(is_digit=False)
    grid = f"{LIST}review/grid/10/"
    sent = {"key": "f3a1c1de-0000-4000-8000-000000000000", "shown": [str(drawing.pk)]}
    reviewer.post(grid, sent, headers={"accept-language": "en"})
    page = reviewer.get(grid, headers={"accept-language": "de"}).content.decode()
    assert "1 mit dem Label keine Ziffer versehen." in page
