from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from predictor.exports.exporter import Filters
from predictor.models import Label, LabelEvent, ModelVersion, Submission
from tests.support.samples import stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return User.objects.create(username="ann")


def reviewed(label, by, **changes):
    return stored(label=label, reviewed_by=by, reviewed_at=timezone.now(), **changes)


MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"digit": -1},
        {"digit": 10},
        {"confidence": -0.1},
        {"confidence": 1.1},
        {"digit_score": 1.1},
        {"visitor_label": -1},
        {"visitor_label": Label.CANT_TELL},
        {"label": 7},
        {"label": 7, "reviewed_at": MOMENT},
        {"reviewed_at": MOMENT},
        {"pixels": b"\0" * 783},
        {"pixels": b""},
    ],
    ids=str,
)
def test_the_database_refuses_what_must_never_be(wrong):
    submission = stored()
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(**wrong)


def test_a_label_is_in_range(ann):
    stored()
    for label in (-1, 12):
        with pytest.raises(IntegrityError), transaction.atomic():
            reviewed(label, ann)
    for label in (0, 11):
        assert reviewed(label, ann).label == label


def test_an_event_holds_labels_only(ann):
    submission = stored()
    with pytest.raises(IntegrityError), transaction.atomic():
        LabelEvent.objects.create(
            submission=submission, actor=ann, at=timezone.now(), old=None, new=12, source="confirm"
        )


def test_who_has_labelled_and_what_has_answered_cannot_vanish(ann):
    submission = reviewed(7, ann)
    with pytest.raises(ProtectedError):
        ann.delete()
    with pytest.raises(ProtectedError):
        submission.model.delete()


@pytest.mark.parametrize("is_digit, predicted", [(True, 7), (False, Label.NOT_A_DIGIT)])
def test_the_prediction_is_the_digit_unless_it_is_none(is_digit, predicted):
    assert stored(digit=7, is_digit=is_digit).predicted == predicted


@pytest.mark.parametrize(
    "is_digit, visitor_label, disputed",
    [(True, None, False), (True, 7, False), (True, 1, True), (True, 10, True)]
    + [(False, None, False), (False, 10, False), (False, 7, True)],
)
def test_a_visitors_label_disputes_another_prediction(is_digit, visitor_label, disputed):
    submission = stored(digit=7, is_digit=is_digit, visitor_label=visitor_label)
    assert submission.disputed is disputed
    assert Submission.objects.disagreeing().exists() is disputed


def test_the_querysets_read_aloud(ann):
    visitor = uuid4()
    sure = {"digit": 7, "is_digit": True, "confidence": 0.9}
    mine = stored(visitor, **sure)
    right = reviewed(7, ann, **sure)
    wrong = reviewed(1, ann, **sure | {"confidence": 0.5})
    unclear = reviewed(Label.CANT_TELL, ann, **sure)
    agreed = stored(**sure, visitor_label=7)
    disputed = stored(**sure, visitor_label=2)
    rows = Submission.objects
    assert set(rows.of(visitor)) == {mine}
    assert set(rows.of(None)) == set()
    assert set(rows.unreviewed()) == {mine, agreed, disputed}
    assert set(rows.reviewed()) == {right, wrong, unclear}
    assert set(rows.exportable()) == {right, wrong}
    assert set(rows.exportable().changed()) == {wrong}
    assert set(rows.agreeing()) == {agreed}
    assert set(rows.disagreeing()) == {disputed}
    assert set(rows.low_confidence()) == {wrong}
    assert set(rows.unclaimed()) == {mine, right, wrong, unclear}
    assert set(rows.thought_to_be(7)) == {mine, right, wrong, unclear, agreed}
    assert set(rows.thought_to_be(2)) == {disputed}
    assert set(rows.counts()) == {(None, True, 7, 4), (7, True, 7, 1), (2, True, 7, 1)}


def test_lists_leave_the_heavy_columns_where_they_are(django_assert_num_queries):
    visitor = uuid4()
    stored(visitor)
    with django_assert_num_queries(2) as queries:
        list(Submission.objects.for_history(visitor))
        list(ModelVersion.objects.all())
    for column in ("drawing", "pixels", "strokes", "tflite", "keras"):
        assert not any(f'"{column}"' in query["sql"] for query in queries)


@pytest.fixture
def many(ann):
    """A few thousand drawings, few of which are of each kind that a list shows."""
    ModelVersion.objects.create(version="new", metadata={}, tflite=b"", keras=b"")
    like = stored()
    columns = {
        field.attname: getattr(like, field.attname)
        for field in Submission._meta.concrete_fields
        if not field.generated and field.name != "sampling_key"
    }
    start = timezone.now()
    rows = []
    for i in range(4000):
        few = i % 40
        visitor_labels = {3: (i + 1) % 10, 6: i % 10}
        changes = {
            "id": uuid4(),
            "visitor": uuid4(),
            "created_at": start + timedelta(seconds=i),
            "digit": i % 10,
            "model_id": "new" if few == 1 or i % 80 == 5 else like.model_id,
            "confidence": 0.5 if few == 2 else 0.9,
            "visitor_label": visitor_labels.get(few),
            "audited_at": start if i % 80 == 4 else None,
        }
        rows.append(Submission(**columns | changes))
    Submission.objects.bulk_create(rows, batch_size=500)
    LabelEvent.objects.bulk_create(
        LabelEvent(
            submission=row, actor=ann, at=start, new=6 if i % 40 == 5 else i % 10, source="queue"
        )
        for i, row in enumerate(rows)
        if i % 40 != 4
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return rows


def test_every_submission_gets_a_sampling_key_of_its_own(many):
    keys = set(Submission.objects.values_list("sampling_key", flat=True))
    assert len(keys) == len(many) + 1
    assert all(0 <= key <= 1 for key in keys)
    assert 0.45 < sum(keys) / len(keys) < 0.55


def test_every_list_is_read_off_an_index(many):
    rows = Submission.objects
    lists = {
        "history": rows.for_history(many[0].visitor),
        "newest": rows.all(),
        "by_prediction": rows.filter(predicted=7),
        "by_network": rows.filter(model="new"),
        "unreviewed": rows.unreviewed(),
        "by_label": rows.filter(label=7),
        "confusion": rows.filter(predicted=5, label=6),
        "changed": rows.changed(),
        "reviewed": rows.exportable().order_by("reviewed_at", "id"),
        "exportable": Filters().select("npz"),
        "disputed": rows.disagreeing(),
        "agreed": rows.agreeing(),
        "low_confidence": rows.low_confidence(),
        "queue": rows.unreviewed().order_by("-disputed", "confidence", "id").only("pk"),
        "grid": rows.unreviewed()
        .filter(predicted=7, disputed=False)
        .order_by("-confidence", "id")
        .only("pk"),
        "sampling": rows.filter(audited_at=None).order_by("sampling_key").only("pk"),
        "audit_waiting": rows.unreviewed().audited().order_by("sampling_key").only("pk"),
    }
    for index, rows in lists.items():
        plan = rows[:50].explain()
        # Where nearly all drawings are labelled, PostgreSQL may as well read along all of them.
        other = "newest" if index == "exportable" else index
        assert f"submission_{index}" in plan or f"submission_{other}" in plan, plan
        assert "TEMP B-TREE" not in plan and "Seq Scan" not in plan


def test_lists_with_several_filters_are_neither_searched_nor_sorted(many):
    rows = Submission.objects
    lists = [
        rows.changed().filter(predicted=5),
        rows.changed().filter(model="new"),
        rows.unreviewed().low_confidence(),
        rows.unreviewed().disagreeing(),
        rows.unreviewed().filter(predicted=7),
        rows.unreviewed().filter(model="new"),
        rows.filter(predicted=5, label=6, model="new"),
    ]
    for rows in lists:
        plan = rows.only("pk")[:50].explain()
        assert "submission_" in plan
        assert "TEMP B-TREE" not in plan and "Seq Scan" not in plan, plan
