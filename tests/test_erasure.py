import pytest
from django.contrib.auth.models import User

from predictor import erasure, labelling
from predictor.models import LabelEvent, Submission, Tombstone
from tests.support.samples import stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann", is_staff=True)


def test_nothing_of_an_erased_drawing_is_left_but_its_id(ann):
    submission, other = stored(), stored()
    labelling.relabel(Submission.objects.all(), 3, actor=ann, source=LabelEvent.Source.PAGE)
    erasure.erase(submission)
    assert list(Submission.objects.all()) == [other]
    assert [event.submission for event in LabelEvent.objects.all()] == [other]
    assert Tombstone.objects.get().pk == submission.pk


def test_erasing_again_is_harmless():
    submission = stored()
    erasure.erase(submission)
    erasure.erase(submission)
    assert Tombstone.objects.count() == 1


def test_erasing_many_counts_them(monkeypatch):
    for _ in range(5):
        stored()
    monkeypatch.setattr(erasure, "BATCH_SIZE", 2)
    assert erasure.erase_all(Submission.objects.all()) == 5
    assert Tombstone.objects.count() == 5
