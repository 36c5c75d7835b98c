"""Caches on the way, which may serve many visitors."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.support.samples import png, stored
from tests.support.visitors import known

pytestmark = pytest.mark.django_db
PAGES = ["draw", "upload", "history", "delete_all"]
PAGES_OF_ONE = ["detail", "explain", "visitor_label", "delete"]


def is_kept_by_no_cache(response):
    kept = set(response["Cache-Control"].replace(" ", "").split(","))
    assert {"private", "no-store"} <= kept, response.request["PATH_INFO"]
    assert "Cookie" in response["Vary"], response.request["PATH_INFO"]
    assert "public" not in kept


def test_no_cache_on_the_way_gives_one_visitors_pages_or_cookie_to_another(client):
    drawing = stored(known(client))
    own = [reverse(f"predictor:{name}", args=[drawing.pk]) for name in PAGES_OF_ONE]
    for path in [*(reverse(f"predictor:{name}") for name in PAGES), *own]:
        is_kept_by_no_cache(client.get(path))
        is_kept_by_no_cache(client.head(path))
        is_kept_by_no_cache(client.put(path))
    is_kept_by_no_cache(Client().get(reverse("predictor:draw")))
    for name, sent in (
        ("upload", {"image": SimpleUploadedFile("digit.png", png())}),
        ("upload", {}),
        ("delete_all", {}),
    ):
        is_kept_by_no_cache(client.post(reverse(f"predictor:{name}"), sent))
    drawing = stored(known(client))
    for name, sent in (("visitor_label", {"visitor_label": 1}), ("delete", {})):
        path = reverse(f"predictor:{name}", args=[drawing.pk])
        is_kept_by_no_cache(client.post(path, sent))
