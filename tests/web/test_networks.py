"""The networks that browsers fetch to read by themselves."""

import gzip

import pytest
from django.urls import reverse

from predictor.models import ModelVersion
from predictor.registry import serving
from tests.support.networks import another

pytestmark = pytest.mark.django_db


def address(version: str) -> str:
    return reverse("predictor:weights", args=[version])


def test_the_active_one_is_named_anew_every_time(client):
    answer = client.get(reverse("predictor:active_network"))
    assert (answer.status_code, answer["Location"]) == (302, address(serving.network().version))
    assert "no-store" in answer["Cache-Control"]


def test_a_version_never_changes_and_is_read_from_the_database_once(
    client, django_assert_num_queries
):
    version = another("fetched-twice").pk
    with django_assert_num_queries(1):
        plain = client.get(address(version))
    with django_assert_num_queries(0):
        packed = client.get(address(version), headers={"Accept-Encoding": "gzip"})
    assert plain.status_code == packed.status_code == 200
    assert version.encode() in plain.content[:1000]
    assert gzip.decompress(packed.content) == plain.content
    assert {"public", "immutable"} <= set(packed["Cache-Control"].split(", "))
    assert "Cookie" not in packed["Vary"] and not packed.cookies


@pytest.mark.parametrize("path", ["nothing", "%00", "a%2Fb", "x" * 300])
def test_what_is_no_version_is_not_found(client, path):
    answer = client.get(f"/networks/{path}/weights.bin")
    assert answer.status_code == 404
    assert "immutable" not in answer["Cache-Control"]


def test_a_damaged_version_is_not_found(client):
    version = another("damaged")
    ModelVersion.objects.filter(pk=version.pk).update(tflite=b"nothing of the kind")
    assert client.get(address(version.pk)).status_code == 404
    ModelVersion.objects.filter(pk=version.pk).update(metadata=version.metadata | {"sha256": {}})
    assert client.get(address(version.pk)).status_code == 404


def test_they_are_only_fetched(client):
    for path in (address(serving.network().version), reverse("predictor:active_network")):
        answer = client.post(path)
        assert answer.status_code == 405
        assert "immutable" not in answer["Cache-Control"]
