import json

import pytest
from django.utils import timezone

from ml import runtime
from predictor import gate
from predictor.models import Submission
from predictor.networks import Lesson, ModelVersion
from tests.digits import make_data
from tests.networks import reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]


def learnt(network: ModelVersion, rows: list[Submission], role: str = "learnt") -> None:
    Lesson.objects.bulk_create(Lesson(network=network, drawing=row.pk, role=role) for row in rows)


def test_it_counts_what_is_put_right_and_what_is_broken(good, bad):
    rows = reviewed(good, [1, 1, 4, 10])
    comparison = gate.compare(bad, good)
    part = comparison.report["reviewed"]
    assert comparison.report["mnist"] is None
    assert (part["drawings"], part["old"]["right"], part["new"]["right"]) == (4, 4, 1)
    assert (part["fixed"], part["broken"], part["p"]) == (0, 3, 0.25)
    assert part["old"]["by_label"]["1"] == {"drawings": 2, "right": 2}
    assert part["new"]["by_label"]["not a digit"] == {"drawings": 1, "right": 1}
    assert (part["new"]["digits_kept"], part["new"]["others_rejected"]) == (3, 1)
    assert part["new"]["calibration_error"] > 0.9 > 0.2 > part["old"]["calibration_error"]
    flips = part["flips"]["broken"]
    assert {flip["id"] for flip in flips} == {str(row.pk) for row in rows[:3]}
    assert {(flip["label"], flip["old"], flip["new"]) for flip in flips} == {(1, 1, 2), (4, 4, 5)}
    back = gate.compare(good, bad).report["reviewed"]
    assert (back["fixed"], back["broken"]) == (3, 0)


def test_it_goes_through_all_in_batches_and_tells_how_far_it_is(good, bad, monkeypatch):
    monkeypatch.setattr(gate, "BATCH", 3)
    rows = reviewed(good, [1] * 7)
    seen = []
    comparison = gate.compare(bad, good, seen.append)
    assert seen == [3, 3, 1] and gate.amount(bad, good) == 7
    assert comparison.report["reviewed"]["broken"] == len(rows)


def test_more_flips_are_counted_than_named(good, bad, monkeypatch):
    monkeypatch.setattr(gate, "LISTED", 2)
    reviewed(good, [1] * 5)
    part = gate.compare(bad, good).report["reviewed"]
    assert part["broken"] == 5 and len(part["flips"]["broken"]) == 2


def test_drawings_that_one_of_them_knows_are_left_out(good, bad):
    rows = reviewed(good, [1, 1, 1, 1, 11])
    learnt(bad, rows[:1])
    learnt(good, rows[1:2], "validated")
    learnt(bad, rows[2:3], "doubted")
    assert set(gate.unknown_to(bad, good)) == {rows[2], rows[3]}
    child = ModelVersion.objects.create(
        version="child", parent=bad, metadata={}, tflite=b"", keras=b""
    )
    assert set(gate.unknown_to(child)) == {rows[1], rows[2], rows[3]}


def test_mnist_is_read_where_it_is_at_hand(good, bad, data):
    make_data(data)
    part = gate.compare(bad, good).report["mnist"]
    assert (part["drawings"], part["new"]["right"]) == (40, 0)
    assert part["old"]["right"] == part["broken"] > 30
    flip = part["flips"]["broken"][0]
    assert flip["index"] == 0 and flip["png"].startswith("iVBOR")
    assert gate.amount(bad, good) == 40


def test_an_equal_one_may_be_put_to_work(good, data):
    make_data(data)
    reviewed(good, [1, 2, 3])
    assert gate.refusals(gate.compare(good, good)) == []


def test_with_nothing_to_compare_on_nothing_speaks_against_it(good):
    assert gate.refusals(gate.compare(good, good)) == []


def test_without_evidence_nobody_can_tell(good, bad, data, monkeypatch):
    monkeypatch.setattr(gate, "MIN_EVIDENCE", 3)
    reviewed(good, [1, 2])
    [sentence] = gate.unproven(gate.compare(bad, good))
    assert sentence.startswith("There is too little evidence: 2 reviewed drawings")
    make_data(data)
    assert gate.unproven(gate.compare(bad, good)) == [sentence]  # MNIST alone is none
    reviewed(good, [3])
    assert gate.unproven(gate.compare(bad, good)) == []


def test_worse_on_reviewed_drawings_is_refused_beyond_chance_alone(good, bad):
    reviewed(good, [1] * 5)
    assert gate.refusals(gate.compare(bad, good)) == []
    reviewed(good, [4])
    [reason] = gate.refusals(gate.compare(bad, good))
    assert reason.startswith("It is worse on reviewed drawings: it puts 0 right and breaks 6")
    assert gate.refusals(gate.compare(good, bad)) == []


@pytest.mark.parametrize(("lost", "refused"), [(-9, False), (5, False), (6, True)])
def test_no_more_than_a_twentieth_of_a_point_of_mnist_is_lost(good, bad, lost, refused):
    comparison = gate.compare(good, bad)
    comparison.report["mnist"] = {
        "drawings": 10_000,
        "old": {"right": 9950},
        "new": {"right": 9950 - lost},
    }
    assert bool(gate.refusals(comparison)) == refused


def test_without_mnist_what_training_measured_counts(good, bad):
    comparison = gate.compare(bad, good)
    assert gate.refusals(comparison) == []
    bad.metadata["metrics"]["mnist"]["accuracy"] -= 0.0006
    [reason] = gate.refusals(comparison)
    assert reason == "It loses 0.06 points on MNIST's test set; 0.05 are borne."
    bad.metadata["metrics"] = {}
    assert gate.refusals(comparison) == []


def test_what_it_learnt_from_is_what_was_exported(good):
    source = {"name": "corrections.npz", "rows": 7, "sha256": "abc"}
    good.metadata |= {"corrections": {"learnt": 7}, "data": [*good.metadata["data"], source]}
    reason = "It learnt from corrections.npz, which is not what its manifest says was exported."
    assert gate.unverified(good) == [reason]
    good.manifests = [{"files": {"corrections.npz": {"sha256": "another"}}}]
    assert gate.unverified(good) == [reason]
    good.manifests = [{"files": {"corrections.npz": {"sha256": "abc"}}}]
    assert gate.unverified(good) == []


def test_its_figures_are_plain_json(good, bad, data):
    make_data(data)
    reviewed(good, [1])
    comparison = gate.compare(bad, good)
    stored = type(comparison).objects.get()
    assert json.loads(json.dumps(comparison.report)) == stored.report
    assert stored.at <= timezone.now() and stored.new_id == "bad"
    assert runtime.bundled().name == stored.old_id
