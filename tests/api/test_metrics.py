import json

import pytest
from django.db import OperationalError

from predictor import statistics
from predictor.registry import serving as networks
from tests.support.samples import many, text
from tests.support.serving import UNTHROTTLED, serving

TOKEN = "a-token-of-Prometheus-alone"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def samples(exposed: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in exposed.splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in lines}


@pytest.fixture
def scrape(client, settings):
    settings.METRICS_TOKEN = TOKEN
    return lambda: samples(client.get("/metrics", headers=AUTHORIZED).content.decode())


def submit(client):
    body = json.dumps({"image": text()})
    return client.post("/api/v1/submissions/", body, content_type="application/json")


@pytest.mark.django_db
def test_it_counts_requests_and_the_answers_of_each_network(client, scrape):
    before = scrape()
    answer = submit(client).json()
    after = scrape()

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    of = f'model="{answer["model"]}"'
    confidence = answer["prediction"]["confidence"]
    assert more(f"digits_confidence_count{{{of}}}") == 1
    assert more(f"digits_confidence_sum{{{of}}}") == pytest.approx(confidence)
    assert confidence < 0.99
    assert more(f'digits_confidence_bucket{{le="0.8",{of}}}') == 0
    assert more(f'digits_confidence_bucket{{le="0.99",{of}}}') == 1
    view = 'view="api:submission-list"'
    assert more(f'digits_requests_total{{method="POST",status="201",{view}}}') == 1
    assert more(f"digits_request_seconds_count{{{view}}}") == 1
    assert more(f"digits_request_seconds_sum{{{view}}}") > 0


@pytest.mark.django_db
def test_predictions_are_answers_too(client, scrape):
    of = f'digits_confidence_count{{model="{networks.network().version}"}}'
    before = scrape().get(of, 0)
    body = json.dumps({"images": [text()] * 3})
    client.post("/api/v1/predict/", body, content_type="application/json")
    assert scrape()[of] == before + 3


@pytest.mark.django_db
def test_it_says_what_waits_for_review(scrape, admin_user):
    many(5)
    many(1, label=7, reviewed_by=admin_user)
    found = scrape()
    assert (found["digits_drawings"], found["digits_review_queue"]) == (6, 5)


@pytest.mark.django_db
def test_without_the_database_it_says_the_rest(scrape, monkeypatch):
    def away():
        raise OperationalError("it is away")

    monkeypatch.setattr(statistics, "totals", away)
    scrape()
    found = scrape()
    assert "digits_drawings" not in found
    assert found['digits_requests_total{method="GET",status="200",view="metrics"}'] >= 1


@pytest.mark.django_db
def test_a_method_that_was_made_up_makes_no_series(client, scrape):
    client.generic("BREW", "/")
    client.get("/nowhere/at/all")
    assert "BREW" not in str(found := scrape())
    assert found['digits_requests_total{method="other",status="405",view="predictor:draw"}'] >= 1
    assert found['digits_requests_total{method="GET",status="404",view="none"}'] >= 1


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", TOKEN, "Basic " + TOKEN, "é"])
def test_whoever_has_not_the_token_is_told_nothing(client, settings, header):
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"Authorization": header})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer None"])
def test_where_no_token_is_set_there_is_nothing(client, header):
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_it_is_only_read(client, settings):
    settings.METRICS_TOKEN = TOKEN
    assert client.post("/metrics", headers=AUTHORIZED).status_code == 405


def test_all_processes_of_a_gunicorn_count_together(database, tmp_path):
    variables = {**UNTHROTTLED, "WEB_CONCURRENCY": "2", "METRICS_TOKEN": TOKEN}
    with serving(f"sqlite:///{database}", tmp_path / "log", **variables) as site:
        version = site.get("/healthz").said["network"]
        name = f'digits_confidence_count{{model="{version}"}}'

        def answers() -> float:
            answer = site.whole("/metrics", Host="10.0.0.1", **AUTHORIZED)
            assert answer.status == 200
            return samples(answer.body.decode()).get(name, 0)

        for _ in range(20):
            assert site.submit().status == 201
        assert [answers() for _ in range(10)] == [20] * 10
