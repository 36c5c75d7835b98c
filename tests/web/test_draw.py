import re

import pytest
from django.urls import reverse

from tests.support.samples import stored
from tests.support.visitors import known

PAGE = reverse("predictor:draw")


def test_it_shows_the_paper_and_a_way_without_it(client):
    page = client.get(PAGE).content.decode()
    assert '<canvas id="canvas"' in page
    assert "<noscript>" in page
    assert f'action="{reverse("predictor:upload")}"' in page


def test_it_asks_the_database_nothing(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        client.get(PAGE)


def test_it_makes_the_first_and_the_second_try_the_same_visitors(client):
    first = client.get(PAGE).cookies["visitor"]
    assert first["httponly"] and first["samesite"] == "Lax"
    again = client.get(PAGE).cookies["visitor"]
    assert again.value.split(":")[0] == first.value.split(":")[0]


@pytest.mark.parametrize(
    "cookie", ["", "nonsense", "a:b:c", "00000000-0000-0000-0000-000000000000"]
)
def test_a_forged_cookie_is_nobodys(client, cookie):
    client.cookies["visitor"] = cookie
    response = client.get(PAGE)
    assert response.status_code == 200
    assert response.cookies["visitor"].value != cookie


def test_it_takes_no_post(client):
    assert client.post(PAGE).status_code == 405


def test_no_page_has_anything_inline(client, db):
    drawing = stored(known(client))
    for path in (
        PAGE,
        reverse("predictor:history"),
        drawing.get_absolute_url(),
        reverse("predictor:delete", args=[drawing.pk]),
        "/no/such/page/",
    ):
        page = client.get(path).content.decode()
        assert "<h1" in page
        assert not re.search(r"<style|<script(?![^>]* src=)|\s(style|on\w+)=", page), path
