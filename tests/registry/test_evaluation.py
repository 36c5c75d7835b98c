import json

import numpy as np
import pytest
from django.utils import timezone

from ml import runtime
from predictor.models import ModelVersion, Submission, TrainingSample
from predictor.registry import evaluation
from tests.support.digits import make_data
from tests.support.networks import reviewed

pytestmark = pytest.mark.django_db


def used(version: ModelVersion, rows: list[Submission], role: str) -> None:
    TrainingSample.objects.bulk_create(
        TrainingSample(model_version=version, submission_id=row.pk, role=role) for row in rows
    )


def test_it_counts_what_is_fixed_and_what_is_broken(good, bad, data):
    rows = reviewed(good, [1, 1, 4, 10])
    comparison = evaluation.compare(bad, good, data)
    part = comparison.report["reviewed"]
    assert comparison.report["mnist"] is None
    assert (part["drawings"], part["old"]["right"], part["new"]["right"]) == (4, 4, 1)
    assert (part["fixed"], part["broken"], part["p"]) == (0, 3, 0.25)
    assert part["old"]["by_label"]["1"] == {"drawings": 2, "right": 2}
    assert part["new"]["by_label"]["not a digit"] == {"drawings": 1, "right": 1}
    assert (part["new"]["digits_kept"], part["new"]["others_rejected"]) == (3, 1)
    assert part["new"]["calibration_error"] > 0.9 > 0.2 > part["old"]["calibration_error"]
    assert part["new"]["confusion"][1][2] == 2 and part["new"]["confusion"][10][10] == 1
    assert part["old"]["confusion"][1][1] == 2 and np.sum(part["old"]["confusion"]) == 4
    drawings, confidences, right = np.sum(part["new"]["calibration_bins"], axis=1)
    assert (drawings, right) == (3, 0) and confidences > 2.7  # of digits, all wrong and sure
    flips = part["flips"]["broken"]
    assert {flip["id"] for flip in flips} == {str(row.pk) for row in rows[:3]}
    assert {(flip["label"], flip["old"], flip["new"]) for flip in flips} == {(1, 1, 2), (4, 4, 5)}
    back = evaluation.compare(good, bad, data).report["reviewed"]
    assert (back["fixed"], back["broken"]) == (3, 0)


def test_it_goes_through_all_in_batches_and_reports_its_progress(good, bad, data, monkeypatch):
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 3)
    rows = reviewed(good, [1] * 7)
    seen = []
    comparison = evaluation.compare(bad, good, data, seen.append)
    assert seen == [3, 3, 1] and evaluation.count_drawings(bad, good, data) == 7
    assert comparison.report["reviewed"]["broken"] == len(rows)


def test_more_flips_are_counted_than_named(good, bad, data, monkeypatch):
    monkeypatch.setattr(evaluation, "MAX_FLIPS", 2)
    reviewed(good, [1] * 5)
    part = evaluation.compare(bad, good, data).report["reviewed"]
    assert part["broken"] == 5 and len(part["flips"]["broken"]) == 2


def test_drawings_that_one_of_them_was_trained_on_are_left_out(good, bad):
    rows = reviewed(good, [1, 1, 1, 1, 11])
    used(bad, rows[:1], "trained")
    used(good, rows[1:2], "validated")
    used(bad, rows[2:3], "suspected")
    assert set(evaluation.unseen_by(bad, good)) == {rows[2], rows[3]}
    child = ModelVersion.objects.create(
        version="child", parent=bad, metadata={}, tflite=b"", keras=b""
    )
    assert set(evaluation.unseen_by(child)) == {rows[1], rows[2], rows[3]}


def test_mnist_is_read_where_it_is_available(good, bad, data):
    make_data(data)
    part = evaluation.compare(bad, good, data).report["mnist"]
    assert (part["drawings"], part["new"]["right"]) == (40, 0)
    assert part["old"]["right"] == part["broken"] > 30
    flip = part["flips"]["broken"][0]
    assert flip["index"] == 0 and flip["png"].startswith("iVBOR")
    assert evaluation.count_drawings(bad, good, data) == 40


def test_its_figures_are_plain_json(good, bad, data):
    make_data(data)
    reviewed(good, [1])
    comparison = evaluation.compare(bad, good, data)
    stored = type(comparison).objects.get()
    assert json.loads(json.dumps(comparison.report)) == stored.report
    assert stored.at <= timezone.now() and stored.new_id == "bad"
    assert runtime.bundled().name == stored.old_id
