import hashlib
import json
from importlib.util import find_spec
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from ml import runtime
from predictor import register
from predictor.networks import Lesson, ModelVersion
from tests.networks import SHIFTED, artifacts, lineage, mixed_up
from tests.samples import stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_tensorflow(monkeypatch):
    """As on the site's machines."""
    monkeypatch.setattr(register, "find_spec", lambda name: None)


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
    assert not Lesson.objects.exists()
    return True


def test_it_adds_what_training_wrote_and_puts_nothing_to_work(folder, capsys):
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
    assert said.endswith("Added 1 network: next, with 0 corrections behind it.\n")


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
    with pytest.raises(CommandError, match="The Keras file can't be used"):
        call_command("add_model", str(other))


def test_it_keeps_what_the_network_learnt_from(folder, capsys):
    drawing = stored()
    ids = [uuid4() for _ in range(3)]
    lineage(folder, learnt=[drawing.pk, ids[0]], validated=[ids[1]], doubted=[ids[2]])
    call_command("add_model", str(folder))
    row = ModelVersion.objects.get(version="next")
    roles = dict(row.lessons.values_list("drawing", "role"))
    assert roles == {
        drawing.pk: "learnt",
        ids[0]: "learnt",
        ids[1]: "validated",
        ids[2]: "doubted",
    }
    assert "with 4 corrections behind it" in capsys.readouterr().out


def test_it_names_its_parent_if_it_is_here(folder, tmp_path, capsys):
    parent = stored().model_id
    describe(folder, parent=parent)
    call_command("add_model", str(folder))
    assert ModelVersion.objects.get(version="next").parent_id == parent
    call_command("add_model", str(artifacts(tmp_path, "orphan", parent="elsewhere")))
    assert ModelVersion.objects.get(version="orphan").parent is None
    assert "Its parent elsewhere is not in this register." in capsys.readouterr().out


def test_it_refuses_the_same_one_again(folder):
    call_command("add_model", str(folder))
    with pytest.raises(CommandError, match="next is in the register already."):
        call_command("add_model", str(folder))


@pytest.mark.parametrize("name", ["model.keras", "model.tflite", "metadata.json"])
def test_it_refuses_what_is_not_whole(folder, name):
    (folder / name).unlink()
    assert refused(folder, "No such file or directory")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        *(
            ({"metrics": {"mnist": {"accuracy": wrong}}}, "mnist accuracy is .*, no share of 1")
            for wrong in ("0.99", True, [0.99], {"a": 1}, -0.1, 99.6, 10**400)
        ),
        ({"metrics": {"pens": {"medium": {"unseen_tablet": "x"}}}}, "no share of 1"),
        ({"metrics": {"anything": [[1, 2], [3, "x"]]}}, "not all numbers"),
        ({"metrics": {"anything": True}}, "not all numbers"),
        ({"corrections": [1]}, "corrections is missing or wrong"),
        ({"corrections": {"learnt": "many"}}, "does not count its corrections"),
        ({"sha256": ["0"]}, "sha256 is missing or wrong"),
        ({"parent": 7}, "parent is missing or wrong"),
        ({"data": ["mnist.npz"]}, "does not name its data"),
        ({"data": [{"name": "mnist.npz", "sha256": 7}]}, "does not name its data"),
        ({"preprocessing": "0"}, "learnt from preprocessing 0"),
        ({"metrics": None}, "not complete: metrics is missing"),
        ({"temperature": "warm"}, "temperature is missing or wrong"),
        ({"parity": 0.01}, "differed by 0.01"),
        ({"digit_threshold": 1.5}, "no probability: 1.5"),
        ({"digit_threshold": float("nan")}, "can't be stored"),
        ({"version": "../next"}, "can't be stored"),
        ({"version": ""}, "can't be stored"),
        ({"git_commit": "\0"}, "can't be stored"),
        ({"sha256": {"model.tflite": "0" * 64}}, "model.tflite is not the one"),
        ({"corrections": {"learnt": 5}}, "not told from which corrections it learnt"),
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


@pytest.mark.parametrize("ids", [["no id"], [7], [None]])
def test_it_refuses_lineage_that_names_no_drawings(folder, ids):
    lineage(folder, learnt=ids)
    assert refused(folder, "is not told by the ids of drawings")


@pytest.mark.parametrize(
    "manifest",
    [
        7,
        {"files": []},
        {"files": {"a": {}}},
        {"files": {}, "filters": {"until": "soon"}},
        {"files": {}, "filters": {"until": 7}},
        {"files": {}, "filters": {"until": "2026-01-01"}},
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
