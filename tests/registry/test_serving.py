from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import IntegrityError, connections, transaction

from ml import runtime
from predictor.models import ModelVersion
from predictor.registry import promotion, serving
from tests.support.networks import another
from tests.support.samples import stored, text
from tests.support.serving import wait_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def restarted(monkeypatch):
    def restart():
        monkeypatch.setattr(serving, "_network", None)
        monkeypatch.setattr(serving, "_next_check", 0.0)

    yield restart
    serving._note("")


def test_where_none_is_registered_the_bundled_one_answers_and_is_registered(restarted):
    ModelVersion.objects.all().delete()
    restarted()
    assert stored().model_id == runtime.bundled().name
    assert not ModelVersion.objects.get().is_active
    assert serving.problem().startswith("No network is active.")


@pytest.fixture
def watched(restarted, monkeypatch, transactional_db):
    """As a process of gunicorn is, until the test ends, and without pauses."""
    restarted()
    over = Event()

    def pause(seconds: float) -> None:
        connections.close_all()
        if over.wait(0.01):
            raise SystemExit

    def watch() -> None:
        with suppress(SystemExit):
            serving._watch()

    monkeypatch.setattr(serving, "sleep", pause)
    thread = Thread(target=watch)
    thread.start()
    yield
    over.set()
    thread.join()


def test_a_process_that_nobody_asks_switches_too(watched):
    wait_for(lambda: serving._network)
    promotion.activate(another("new"), None)
    wait_for(lambda: serving._network.version == "new")


def test_it_asks_the_database_only_now_and_then(monkeypatch, django_assert_num_queries):
    first = serving.network()
    with django_assert_num_queries(0):
        assert serving.network() is first
    monkeypatch.setattr(serving, "_next_check", 0.0)
    with django_assert_num_queries(1):
        assert serving.network() is first


def test_it_switches_to_another_network_by_itself(monkeypatch):
    old = serving.network()
    promotion.activate(another("new"), None)
    assert serving.network() is old  # until it looks again
    monkeypatch.setattr(serving, "_next_check", 0.0)
    assert serving.network().version == "new"


def test_threads_go_on_while_one_of_them_looks(monkeypatch):
    old = serving.network()
    promotion.activate(another("new"), None)
    monkeypatch.setattr(serving, "_next_check", 0.0)
    with serving._lock:
        assert serving.network() is old
    assert serving.network().version == "new"


def test_two_networks_are_never_active():
    another("new")
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.update(is_active=True)


DAMAGED = [{"tflite": b"damaged"}, {"metadata": {}}]


@pytest.mark.parametrize("damage", DAMAGED)
def test_after_a_restart_the_newest_that_loads_answers_for_a_damaged_one(
    client, admin_client, restarted, damage
):
    shipped = serving.network().version
    for hours, version in enumerate(("older", "newer", "damaged"), 1):
        row = another(version)
        row.added_at += timedelta(hours=hours)
        row.save(update_fields=["added_at"])
    ModelVersion.objects.filter(pk="damaged").update(**damage)
    promotion.activate(ModelVersion.objects.get(pk="damaged"), None)
    restarted()
    assert stored().model_id == "newer" != shipped
    health = client.get("/healthz")
    assert health.status_code == 200
    assert (health.json()["network"], health.json()["active"]) == ("newer", "damaged")
    said = "The network damaged can't be loaded. newer answers instead."
    assert health.json()["problems"] == [said]
    page = admin_client.get("/admin/predictor/modelversion/")
    assert [str(message) for message in page.context["messages"]] == [said]
    promotion.activate(ModelVersion.objects.get(pk=shipped), None)
    serving._next_check = 0.0
    assert serving.network().version == shipped
    assert serving.problem() == ""


def test_one_byte_that_has_changed_is_noticed(restarted):
    shipped = serving.network().version
    row = ModelVersion.objects.defer(None).get(pk=shipped)
    content = bytearray(row.tflite)
    content[len(content) // 2] ^= 1
    ModelVersion.objects.filter(pk=shipped).update(tflite=bytes(content))
    restarted()
    # It lies in the code too, and whole.
    assert stored().model_id == shipped
    assert "can't be loaded" in serving.problem()


def test_without_any_network_a_visitor_hears_so(client, restarted, monkeypatch, tmp_path):
    serving.network()
    ModelVersion.objects.update(tflite=b"damaged")
    monkeypatch.setattr(runtime, "ARTIFACTS", tmp_path)
    restarted()
    body = {"images": [text()]}
    answer = client.post("/api/v1/predict/", body, "application/json")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "can't read drawings" in answer.json()["detail"]
    assert client.get("/healthz").status_code == 503
