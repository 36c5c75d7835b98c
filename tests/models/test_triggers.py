"""What the database holds together by itself, however it is written to."""

from functools import partial
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from predictor import erasure, submissions
from predictor.models import LabelEvent, Submission, Tombstone, triggers
from predictor.registry import serving
from tests.support.samples import png, stored

pytestmark = pytest.mark.django_db
refused = partial(pytest.raises, IntegrityError)


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann")


@pytest.fixture
def drawing(ann):
    return stored(label=3, reviewed_by=ann)


def row(drawing):
    return Submission.objects.filter(pk=drawing.pk)


def event(drawing, by, old, new, **more):
    at = timezone.now()
    return LabelEvent(submission=drawing, actor=by, at=at, old=old, new=new, source="queue", **more)


def test_an_event_sets_the_label_and_who_gave_it_and_when(ann):
    drawing = stored()
    first = event(drawing, ann, None, 3)
    first.save()
    after = row(drawing).get()
    assert (after.label, after.reviewed_by, after.reviewed_at) == (3, ann, first.at)
    event(drawing, ann, 3, None).save()
    after = row(drawing).get()
    assert (after.label, after.reviewed_by, after.reviewed_at) == (None, None, None)


@pytest.mark.parametrize("old", [None, 4, 11])
def test_an_event_begins_with_the_label_that_the_drawing_has(drawing, ann, old):
    with refused(match="begins with the label"), transaction.atomic():
        event(drawing, ann, old, 5).save()
    assert row(drawing).get().label == 3
    event(drawing, ann, 3, 5).save()
    assert row(drawing).get().label == 5


def test_an_event_comes_after_those_before_it(drawing, ann):
    first = drawing.events.get()
    with refused(match="begins with the label"), transaction.atomic():
        event(drawing, ann, 3, 5, pk=first.pk - 1).save(force_insert=True)


def test_an_event_is_never_changed(drawing):
    with refused(match="never changed"), transaction.atomic():
        LabelEvent.objects.update(new=4)
    with refused(match="never changed"), transaction.atomic():
        drawing.events.get().save()


def test_an_event_goes_only_with_its_drawing(drawing):
    for events_go in (drawing.events.all().delete, drawing.delete, drawing.events.get().delete):
        with refused(match="leaves a tombstone"), transaction.atomic():
            events_go()
    assert drawing.events.count() == 1
    erasure.erase(drawing)
    assert not LabelEvent.objects.exists()


@pytest.mark.parametrize("change", [{"label": 4}, {"label": None}, {"reviewed_at": None}], ids=str)
def test_a_label_is_that_of_the_last_event(drawing, change):
    if change == {"label": None}:
        change |= {"reviewed_by": None, "reviewed_at": None}
    with refused(), transaction.atomic():
        row(drawing).update(**change)
    with refused(match="last event"), transaction.atomic():
        row(drawing).update(reviewed_at=timezone.now())
    with refused(match="last event"), transaction.atomic():
        row(drawing).update(reviewed_by=User.objects.create(username="bob"))
    assert drawing.events.get().new == row(drawing).get().label == 3


def test_no_label_comes_without_an_event(drawing, ann):
    other = stored()
    label = {"label": 3, "reviewed_by": ann, "reviewed_at": timezone.now()}
    with refused(match="last event"), transaction.atomic():
        row(other).update(**label)
    columns = Submission.objects.values().get(pk=other.pk)
    for generated in ("predicted", "disputed", "id"):
        del columns[generated]
    with refused(match="begins without a label"), transaction.atomic():
        Submission.objects.create(**columns | label)
    Submission.objects.create(**columns)


def test_what_changes_no_label_is_nobodys_business(drawing):
    row(drawing).update(visitor_label=3)
    assert row(drawing).get().visitor_label == 3


def test_an_erased_drawing_does_not_come_back():
    visitor, id = uuid4(), uuid4()
    submissions.submit(serving.network(), visitor=visitor, image=png(), id=id)
    erasure.erase_all(Submission.objects.all())
    with pytest.raises(submissions.IdTaken):
        submissions.submit(serving.network(), visitor=visitor, image=png(), id=id)
    assert not Submission.objects.exists()
    assert Tombstone.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_asked_for_is_a_digit_and_never_changed():
    visitor = uuid4()
    plain = stored(visitor)
    for asked in (-1, 10):
        with refused(match="is a digit"):
            submissions.submit(serving.network(), visitor=visitor, image=png(), asked=asked)
    drawing, _ = submissions.submit(serving.network(), visitor=visitor, image=png(), asked=3)
    for one, asked in ((drawing, 4), (drawing, None), (plain, 3)):
        with refused(match="never changed"), transaction.atomic():
            row(one).update(asked=asked)
    row(drawing).update(visitor_label=7)
    assert row(drawing).get().asked == 3


@pytest.mark.django_db(transaction=True)
def test_drawings_of_an_older_version_were_not_asked_for(migrate_to):
    drawing = stored()
    old = migrate_to("0015_history").get_model("predictor", "Submission")
    assert old.objects.get().pk == drawing.pk
    with refused(match="last event"):
        old.objects.update(label=3)
    migrate_to("0019_asked")
    assert row(drawing).get().asked is None
    with refused(match="never changed"):
        row(drawing).update(asked=3)


def test_a_migration_can_drop_them_and_create_them_again(drawing):
    editor = connection.schema_editor()
    triggers.drop(editor)
    LabelEvent.objects.update(source="grid")
    triggers.create(editor)
    with refused(match="never changed"), transaction.atomic():
        LabelEvent.objects.update(source="queue")
