import pytest

from predictor.api.throttling import ListThrottle
from predictor.models import ModelVersion
from predictor.registry import serving
from tests.support.samples import text

pytestmark = pytest.mark.django_db
URL = "/api/v1/models/"


def test_it_lists_the_networks_and_which_is_active(client, django_assert_num_queries):
    version = serving.network().version
    active = ModelVersion.objects.get()
    ModelVersion.objects.create(version="untried", metadata={"metrics": {}}, tflite=b"", keras=b"")
    with django_assert_num_queries(1) as queries:
        newest, oldest = client.get(URL).json()
    for heavy in ("tflite", "keras", "manifests"):
        assert heavy not in queries[0]["sql"]
    assert (newest["version"], newest["is_active"], newest["metrics"]) == ("untried", False, {})
    assert (oldest["version"], oldest["is_active"]) == (version, True)
    assert oldest["metrics"] == active.metadata["metrics"]


@pytest.mark.parametrize("metadata", [{}, [], "x", 7, {"metrics": ["x"]}])
def test_a_network_that_tells_little_of_itself_is_listed(client, metadata):
    ModelVersion.objects.create(version="odd", metadata=metadata, tflite=b"", keras=b"")
    [odd] = [row for row in client.get(URL).json() if row["version"] == "odd"]
    assert odd["metrics"] == (["x"] if metadata == {"metrics": ["x"]} else {})


def test_it_asks_who_asks_too_often_to_wait(client, monkeypatch):
    monkeypatch.setattr(ListThrottle, "rate", "2/min", raising=False)
    assert [client.get(URL).status_code for _ in range(3)] == [200, 200, 429]
    assert int(client.get(URL).headers["Retry-After"]) > 0
    body = {"images": [text()]}
    assert client.post("/api/v1/predict/", body, "application/json").status_code == 200


def test_it_refuses_other_methods(client):
    for method in (client.post, client.put, client.patch, client.delete, client.options):
        assert method(URL).status_code == 405
