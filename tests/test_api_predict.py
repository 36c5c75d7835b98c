import pytest

from predictor.identity import COOKIE
from predictor.models import ModelVersion, Submission
from predictor.throttles import PredictThrottle
from tests.samples import ONE, text

pytestmark = pytest.mark.django_db
URL = "/api/v1/predict/"


def post(client, *images):
    return client.post(URL, {"images": images}, content_type="application/json")


def test_it_reads_many_drawings_in_their_order(client):
    response = post(client, text(), text(ONE), text())
    assert response.status_code == 200
    answer = response.json()
    assert answer["model"] == ModelVersion.objects.active().get().version
    assert [p["digit"] for p in answer["predictions"]] == [7, 1, 7]
    for prediction in answer["predictions"]:
        assert sum(prediction["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert prediction["confidence"] == max(prediction["probabilities"])


def test_it_says_the_same_as_a_submission(client):
    [prediction] = post(client, text()).json()["predictions"]
    body = {"image": text()}
    stored = client.post("/api/v1/submissions/", body, content_type="application/json").json()
    assert stored["prediction"] == prediction


def test_it_stores_nothing_and_asks_nothing(client, django_assert_num_queries):
    post(client, text())
    with django_assert_num_queries(0):
        assert post(client, *[text()] * 64).status_code == 200
    assert not Submission.objects.exists()
    assert COOKIE not in client.cookies


def test_it_asks_who_sends_too_much_to_wait(client, monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "1/min", raising=False)
    assert post(client, text()).status_code == 200
    response = post(client, text())
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_it_refuses_pages_of_other_sites(client):
    headers = {"origin": "https://evil.example"}
    body = {"images": [text()]}
    assert client.post(URL, body, "application/json", headers=headers).status_code == 403


def test_it_refuses_other_methods(client):
    for method in (client.get, client.put, client.patch, client.delete, client.options):
        assert method(URL).status_code == 405
