import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from ml import runtime
from predictor import classifier, services
from predictor.models import ModelVersion
from tests.samples import stored, text
from tests.test_services import all_at_once, another

pytestmark = pytest.mark.django_db


def test_the_network_that_ships_registers_itself():
    assert not ModelVersion.objects.exists()
    network = classifier.network()
    folder = runtime.bundled()
    row = ModelVersion.objects.defer(None).get()
    assert row.version == network.version == folder.name
    assert row.is_active and row.activated_at
    assert row.metadata == json.loads((folder / "metadata.json").read_text())
    assert bytes(row.tflite) == (folder / "model.tflite").read_bytes()
    assert bytes(row.keras) == (folder / "model.keras").read_bytes()


@pytest.mark.django_db(transaction=True)
def test_many_processes_register_it_once():
    answers = all_at_once(*[classifier._register_bundled] * 6)
    assert answers == [runtime.bundled().name] * 6
    assert ModelVersion.objects.get().is_active


def test_it_is_put_to_work_when_it_was_added_but_nothing_is_active():
    classifier.read_version(runtime.bundled()).save()
    classifier.network()
    assert ModelVersion.objects.get().is_active


def test_an_active_network_stays_when_another_one_ships():
    row = another("chosen")
    services.activate(row, None)
    ModelVersion.objects.exclude(pk=row.pk).delete()
    assert classifier.network() is not None
    assert ModelVersion.objects.get() == row


def test_it_asks_the_database_only_now_and_then(monkeypatch, django_assert_num_queries):
    first = classifier.network()
    with django_assert_num_queries(0):
        assert classifier.network() is first
    monkeypatch.setattr(classifier, "_next_check", 0.0)
    with django_assert_num_queries(1):
        assert classifier.network() is first


def test_it_takes_up_another_network_by_itself(monkeypatch):
    old = classifier.network()
    services.activate(another("new"), None)
    assert classifier.network() is old  # until it looks again
    monkeypatch.setattr(classifier, "_next_check", 0.0)
    assert classifier.network().version == "new"


def test_threads_go_on_while_one_of_them_looks(monkeypatch):
    old = classifier.network()
    services.activate(another("new"), None)
    monkeypatch.setattr(classifier, "_next_check", 0.0)
    with classifier._lock:
        assert classifier.network() is old
    assert classifier.network().version == "new"


def test_two_networks_are_never_active():
    another("new")
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.update(is_active=True)


def test_a_parent_that_is_not_here_is_left_out(tmp_path):
    folder = tmp_path / "child"
    folder.mkdir()
    for name in ("model.tflite", "model.keras"):
        (folder / name).write_bytes(b"")
    metadata = {"version": "child", "parent": "lost"}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    assert classifier.read_version(folder).parent is None
    parent = classifier.network().version
    (folder / "metadata.json").write_text(json.dumps(metadata | {"parent": parent}))
    assert classifier.read_version(folder).parent_id == parent


@pytest.fixture
def restarted(monkeypatch):
    def restart():
        monkeypatch.setattr(classifier, "_network", None)
        monkeypatch.setattr(classifier, "_next_check", 0.0)

    yield restart
    classifier._note("")


DAMAGED = [{"tflite": b"damaged"}, {"metadata": {}}]


@pytest.mark.parametrize("damage", DAMAGED)
def test_after_a_restart_the_newest_that_loads_answers_for_a_damaged_one(
    client, admin_client, restarted, damage
):
    shipped = classifier.network().version
    for hours, version in enumerate(("older", "newer", "damaged"), 1):
        row = another(version)
        row.added_at += timedelta(hours=hours)
        row.save(update_fields=["added_at"])
    ModelVersion.objects.filter(pk="damaged").update(**damage)
    services.activate(ModelVersion.objects.get(pk="damaged"), None)
    restarted()
    assert stored().model_id == "newer" != shipped
    health = client.get("/healthz")
    assert health.status_code == 200
    assert (health.json()["network"], health.json()["active"]) == ("newer", "damaged")
    said = "The network damaged can't be loaded. newer answers instead."
    assert health.json()["problems"] == [said]
    page = admin_client.get("/admin/predictor/modelversion/")
    assert [str(message) for message in page.context["messages"]] == [said]
    services.activate(ModelVersion.objects.get(pk=shipped), None)
    classifier._next_check = 0.0
    assert classifier.network().version == shipped
    assert classifier.problem() == ""


def test_one_byte_that_has_changed_is_noticed(restarted):
    shipped = classifier.network().version
    row = ModelVersion.objects.defer(None).get(pk=shipped)
    content = bytearray(row.tflite)
    content[len(content) // 2] ^= 1
    ModelVersion.objects.filter(pk=shipped).update(tflite=bytes(content))
    restarted()
    # It lies in the code too, and whole.
    assert stored().model_id == shipped
    assert "can't be loaded" in classifier.problem()


def test_without_any_network_a_visitor_hears_so(client, restarted, monkeypatch, tmp_path):
    classifier.network()
    ModelVersion.objects.update(tflite=b"damaged")
    monkeypatch.setattr(runtime, "ARTIFACTS", tmp_path)
    restarted()
    body = {"images": [text()]}
    answer = client.post("/api/v1/predict/", body, "application/json")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "can't read drawings" in answer.json()["detail"]
    assert client.get("/healthz").status_code == 503
