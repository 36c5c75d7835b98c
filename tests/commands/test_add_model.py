import hashlib
import json
from importlib.util import find_spec
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from ml import runtime
from predictor.models import ModelVersion, SiteEvent, TrainingSample
from predictor.models.events import operator
from predictor.registry import validation
from tests.support.networks import SHIFTED, artifacts, lineage, mixed_up
from tests.support.samples import stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_tensorflow(monkeypatch):
    """As on the site's machines."""
    monkeypatch.setattr(validation, "find_spec", lambda name: None)


@pytest.fixture
def folder(tmp_path, without_tensorflow):
    return artifacts(tmp_path, "next")


def describe(folder, **changes):
    path = folder / runtime.METADATA_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refused(folder, reason):
    with pytest.raises(CommandError, match=reason):
        call_command("add_model", str(folder))
    assert not ModelVersion.objects.filter(version="next").exists()
    assert not TrainingSample.objects.exists()
    return True


def test_it_adds_what_training_wrote_and_activates_nothing(folder, capsys):
    before = stored().model
    call_command("add_model", str(folder))
    row = ModelVersion.objects.defer(None).get(version="next")
    assert not row.is_active and row.activated_at is None and row.added_at
    assert ModelVersion.objects.active().get() == before
    assert bytes(row.tflite) == (folder / "model.tflite").read_bytes()
    assert bytes(row.keras) == (folder / "model.keras").read_bytes()
    assert row.metadata == json.loads((folder / "metadata.json").read_text())
    said = capsys.readouterr().out
    assert "TensorFlow is not installed here" in said
    assert said.endswith("Added 1 network: next, with 0 corrections in its lineage.\n")


@pytest.mark.skipif(not find_spec("tensorflow"), reason="TensorFlow is not installed")
def test_the_two_files_are_held_against_each_other(tmp_path, capsys):
    folder = artifacts(tmp_path, "next")
    stored()
    call_command("add_model", str(folder))
    assert "at most on 51 drawings" in capsys.readouterr().out
    other = artifacts(tmp_path, "other")
    file = other / "model.tflite"
    file.write_bytes(mixed_up(file.read_bytes(), SHIFTED))
    with pytest.raises(CommandError, match="LiteRT differs from Keras"):
        call_command("add_model", str(other))
    (other / "model.keras").write_bytes(b"no network")
    with pytest.raises(CommandError, match="The Keras file can't be used: .* It is damaged, or no"):
        call_command("add_model", str(other))


def test_it_keeps_what_the_network_was_trained_on(folder, capsys):
    drawing = stored()
    ids = [uuid4() for _ in range(3)]
    lineage(folder, trained=[drawing.pk, ids[0]], validated=[ids[1]], suspected=[ids[2]])
    call_command("add_model", str(folder))
    row = ModelVersion.objects.get(version="next")
    roles = dict(row.training_samples.values_list("submission_id", "role"))
    assert roles == {
        drawing.pk: "trained",
        ids[0]: "trained",
        ids[1]: "validated",
        ids[2]: "suspected",
    }
    assert "with 4 corrections in its lineage" in capsys.readouterr().out


def test_it_names_its_parent_if_it_is_here(folder, tmp_path, capsys):
    parent = stored().model_id
    describe(folder, parent=parent)
    call_command("add_model", str(folder))
    assert ModelVersion.objects.get(version="next").parent_id == parent
    call_command("add_model", str(artifacts(tmp_path, "orphan", parent="elsewhere")))
    assert ModelVersion.objects.get(version="orphan").parent is None
    assert "Its base model elsewhere is not in this registry." in capsys.readouterr().out


def test_it_refuses_the_same_one_again(folder):
    call_command("add_model", str(folder))
    with pytest.raises(CommandError, match="next is in the registry already."):
        call_command("add_model", str(folder))


@pytest.mark.parametrize("name", ["model.keras", "model.tflite", "metadata.json"])
def test_it_refuses_what_is_not_whole(folder, name):
    (folder / name).unlink()
    assert refused(folder, "No such file or directory")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        *(
            ({"metrics": {"mnist": {"accuracy": wrong}}}, "mnist accuracy is .*, no proportion")
            for wrong in ("0.99", True, [0.99], {"a": 1}, -0.1, 99.6, 10**400)
        ),
        ({"metrics": {"pens": {"medium": {"unseen_tablet": "x"}}}}, "no proportion"),
        ({"metrics": {"anything": [[1, 2], [3, "x"]]}}, "not all numbers"),
        ({"metrics": {"anything": True}}, "not all numbers"),
        ({"corrections": [1]}, "corrections is missing or wrong"),
        ({"corrections": {"trained": "many"}}, "does not count its corrections"),
        ({"sha256": ["0"]}, "sha256 is missing or wrong"),
        ({"parent": 7}, "parent is missing or wrong"),
        ({"data": ["mnist.npz"]}, "does not name its data"),
        ({"data": [{"name": "mnist.npz", "sha256": 7}]}, "does not name its data"),
        ({"preprocessing": "0"}, "was trained on preprocessing 0"),
        ({"metrics": None}, "not complete: metrics is missing"),
        ({"temperature": "warm"}, "temperature is missing or wrong"),
        ({"parity": 0.01}, "differed by 0.01"),
        ({"digit_threshold": 1.5}, "not a probability: 1.5"),
        ({"digit_threshold": float("nan")}, "can't be stored"),
        ({"version": "../next"}, "can't be stored"),
        ({"version": ""}, "can't be stored"),
        ({"git_commit": "\0"}, "can't be stored"),
        ({"sha256": {"model.tflite": "0" * 64}}, "model.tflite is not the one"),
        ({"corrections": {"trained": 5}}, "does not name the corrections that were trained"),
    ],
)
def test_it_refuses_what_its_description_speaks_against(folder, changes, reason):
    describe(folder, **changes)
    assert refused(folder, reason)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '"text"', "\x00", '{"version": 7}'])
def test_it_refuses_a_description_that_is_none(folder, text):
    (folder / "metadata.json").write_text(text)
    assert refused(folder, "can't be read|not complete|can't be stored")


@pytest.mark.parametrize("name", ["model.keras", "model.tflite"])
@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[:5000]])
def test_it_refuses_damaged_files(folder, name, damage):
    file = folder / name
    file.write_bytes(damage(file.read_bytes()))
    assert refused(folder, "can't be used|damaged")


def test_it_refuses_corrections_in_roles_that_it_does_not_know(folder):
    describe(folder, corrections={"trained": 0, "learnt": 1})
    assert refused(folder, "unknown roles: learnt")
    describe(folder, corrections={})
    (folder / runtime.LINEAGE_FILE).write_text(json.dumps({"learnt": [str(uuid4())]}))
    assert refused(folder, "unknown roles: learnt")


@pytest.mark.parametrize("ids", [["no id"], [7], [None]])
def test_it_refuses_lineage_that_names_no_drawings(folder, ids):
    lineage(folder, trained=ids)
    assert refused(folder, "does not name drawings by their ids")


@pytest.mark.parametrize(
    "manifest",
    [
        7,
        {"files": []},
        {"files": {"a": {}}},
        {"files": {}, "filters": {"until": "soon"}},
        {"files": {}, "filters": {"until": 7}},
        {"files": {}, "filters": {"until": "2026-01-01"}},
        {"files": {}, "filters": {"until": "2026-01-01T00:00:00Z"}, "exported_at": 7},
        {"files": {}, "filters": []},
    ],
)
def test_it_refuses_manifests_that_cannot_be_read(folder, manifest):
    (folder / runtime.LINEAGE_FILE).write_text(json.dumps({"manifests": [manifest]}))
    assert refused(folder, "can't be read")


def test_metadata_nested_without_end_is_refused(folder):
    (folder / "metadata.json").write_text('{"a":' * 100_000)
    assert refused(folder, "can't be read")


def test_digests_that_fit_are_taken(folder):
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("model.keras", "model.tflite")
    }
    describe(folder, sha256=digests)
    call_command("add_model", str(folder))
    assert ModelVersion.objects.filter(version="next").exists()


def test_that_it_was_added_is_an_event(folder):
    call_command("add_model", folder)
    event = SiteEvent.objects.get(action=SiteEvent.Action.ADDITION)
    assert (event.who, event.details) == (operator(), {"network": folder.name})
