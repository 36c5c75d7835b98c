from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from predictor import services
from predictor.models import LabelEvent, Submission, Tombstone
from tests.samples import stored

pytestmark = pytest.mark.django_db


def old(days, **changes):
    return stored(created_at=timezone.now() - timedelta(days=days), **changes)


def reviewed(days):
    ann, _ = User.objects.get_or_create(username="ann")
    return old(days, label=3, reviewed_by=ann)


def test_it_erases_what_is_older_and_says_how_many(capsys):
    new, *gone = old(29), old(31), reviewed(400)
    call_command("purge_drawings", "--older-than", "30")
    assert list(Submission.objects.all()) == [new]
    assert set(Tombstone.objects.values_list("pk", flat=True)) == {row.pk for row in gone}
    assert not LabelEvent.objects.exists()
    assert capsys.readouterr().out.startswith("Erased 2 drawings from before 20")


def test_it_keeps_what_people_have_labelled_where_it_is_told_to():
    kept, _ = reviewed(400), old(31)
    call_command("purge_drawings", "--older-than", "30", "--keep-reviewed")
    assert list(Submission.objects.all()) == [kept]


def test_it_goes_through_all_of_them_few_at_a_time(monkeypatch, capsys):
    monkeypatch.setattr(services, "BATCH", 2)
    for _ in range(3):
        old(31)
    Submission.objects.update(created_at=old(31).created_at)  # all at the same moment
    call_command("purge_drawings", "--older-than", "30")
    assert "Erased 4 drawings" in capsys.readouterr().out
    assert not Submission.objects.exists()


def test_stopped_half_way_it_leaves_whole_drawings_and_can_go_on(monkeypatch, capsys):
    monkeypatch.setattr(services, "BATCH", 2)
    for _ in range(5):
        old(31)
    bury, turns = Tombstone.objects.bulk_create, iter([False, True, False, False])

    def stop_in_the_second_turn(rows):
        bury(rows)
        if next(turns):
            raise KeyboardInterrupt

    monkeypatch.setattr(Tombstone.objects, "bulk_create", stop_in_the_second_turn)
    with pytest.raises(CommandError, match="Stopped after 2 drawings, which are erased."):
        call_command("purge_drawings", "--older-than", "30")
    assert (Submission.objects.count(), Tombstone.objects.count()) == (3, 2)
    call_command("purge_drawings", "--older-than", "30")
    assert "Erased 3 drawings" in capsys.readouterr().out


@pytest.mark.parametrize("days", ["", "x", "-1", "1e9", "9" * 9, "9" * 5000])
def test_it_refuses_what_is_no_number_of_days(days):
    stored()
    with pytest.raises(CommandError, match="give a number of days"):
        call_command("purge_drawings", "--older-than", days)
    with pytest.raises(CommandError, match="required"):
        call_command("purge_drawings")
    assert Submission.objects.exists()
