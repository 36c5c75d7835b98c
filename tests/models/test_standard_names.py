"""A database that the version before has filled keeps every row through the renaming."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models import Sum

from predictor import labelling
from predictor.models import (
    DailyCount,
    LabelEvent,
    ModelVersion,
    ReviewerActivity,
    Submission,
    SubmissionCount,
    TrainingSample,
)
from tests.support.migrations import migrate

BEFORE = "0010_paced_decisions"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def older(migrate_to):
    return migrate_to(BEFORE)


def fill(apps, user):
    """Three submissions, of which one is labelled twice and one is part of the audit sample."""
    get = apps.get_model
    version = get("predictor", "ModelVersion").objects.get()
    version.metadata |= {
        "mean_of_epochs": [1, 2],
        "labels_not_believed": {"digits": 5, "other": 7},
        "corrections": {"learnt": 3, "validated": 2, "doubted": 1},
    }
    version.save()
    rows = [
        get("predictor", "Submission").objects.create(
            visitor=uuid4(), model=version, preprocessing="1", digit=7, confidence=0.97,
            is_digit=True, digit_score=0.99, probabilities=[], pixels=bytes(784), drawing=b"",
            created_at=NOW, audited_at=NOW if index == 2 else None, lot=index / 10,
        )
        for index in range(3)
    ]  # fmt: skip
    for old, new in ((None, 1), (1, 7)):
        get("predictor", "LabelEvent").objects.create(
            submission=rows[0], at=NOW, actor_id=user.pk, old=old, new=new, way="queue", key=uuid4()
        )
    get("predictor", "Lesson").objects.bulk_create(
        get("predictor", "Lesson")(network=version, drawing=row.pk, role=role)
        for row, role in zip(rows, ("learnt", "validated", "doubted"), strict=True)
    )
    return [row.pk for row in rows]


def test_every_row_is_kept_under_its_new_name(older):
    user = User.objects.create(username="ann")
    first, second, third = fill(older, user)
    migrate()
    assert Submission.objects.get(pk=first).label == 7
    assert [event.source for event in LabelEvent.objects.all()] == ["queue", "queue"]
    assert all(event.idempotency_key for event in LabelEvent.objects.all())
    assert Submission.objects.get(pk=second).sampling_key == pytest.approx(0.1)
    roles = dict(TrainingSample.objects.values_list("submission_id", "role"))
    assert roles == {first: "trained", second: "validated", third: "suspected"}
    metadata = ModelVersion.objects.get().metadata
    assert metadata["averaged_epochs"] == [1, 2]
    assert metadata["suspected_label_errors"] == {"digits": 5, "negatives": 7}
    assert metadata["corrections"] == {"trained": 3, "validated": 2, "suspected": 1}


def test_counters_go_on_from_where_they_were(older):
    user = User.objects.create(username="ann")
    _, second, _ = fill(older, user)
    migrate()
    labelling.relabel(
        Submission.objects.filter(pk=second), 2, actor=user, source=LabelEvent.Source.QUEUE
    )
    assert SubmissionCount.objects.aggregate(n=Sum("drawings"))["n"] == 3
    labelled = SubmissionCount.objects.filter(label__isnull=False)
    assert labelled.aggregate(n=Sum("drawings"))["n"] == 2
    assert DailyCount.objects.aggregate(n=Sum("reviewed"))["n"] == 2
    assert ReviewerActivity.objects.aggregate(n=Sum("labels"))["n"] == 3
    audited = SubmissionCount.objects.get(audited=True)
    assert (audited.confidence_bin, audited.model_version) == (6, ModelVersion.objects.get())


def test_one_can_go_back(older):
    user = User.objects.create(username="ann")
    fill(older, user)
    migrate()
    apps = migrate(BEFORE)
    roles = apps.get_model("predictor", "Lesson").objects.values_list("role", flat=True)
    assert sorted(roles) == ["doubted", "learnt", "validated"]
    metadata = apps.get_model("predictor", "ModelVersion").objects.get().metadata
    assert metadata["labels_not_believed"] == {"digits": 5, "other": 7}
