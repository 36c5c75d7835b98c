import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from predictor import erasure
from predictor.models import LabelEvent, SiteEvent, Submission, Tombstone
from predictor.registry import evaluation, retraining
from tests.support.networks import reviewed as reviewed_by_network
from tests.support.samples import stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders", "data")]


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
    monkeypatch.setattr(erasure, "BATCH_SIZE", 2)
    for _ in range(3):
        old(31)
    Submission.objects.update(created_at=old(31).created_at)  # all at the same moment
    call_command("purge_drawings", "--older-than", "30")
    assert "Erased 4 drawings" in capsys.readouterr().out
    assert not Submission.objects.exists()


def test_stopped_half_way_it_leaves_whole_drawings_and_can_go_on(monkeypatch, capsys):
    monkeypatch.setattr(erasure, "BATCH_SIZE", 2)
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


def test_nothing_but_the_id_is_left_of_a_drawing_that_networks_were_compared_on(
    good, bad, data, folders
):
    erased, kept = reviewed_by_network(good, [1, 4])
    Submission.objects.update(audited_at=timezone.now())
    comparison = evaluation.compare(bad, good, data)
    other = evaluation.compare(good, bad, data)
    call_command("compare_models", "bad")
    Submission.objects.filter(pk=erased.pk).update(created_at=timezone.now() - timedelta(31))
    call_command("purge_drawings", "--older-than", "30")
    for row in (comparison, other):
        row.refresh_from_db()
        report = json.dumps(row.report)
        assert str(erased.pk) not in report and str(kept.pk) in report
    [file] = (folders / "comparisons").iterdir()
    figures = json.loads(file.read_text())
    assert figures["audited"] == figures["reviewed"]
    assert figures["reviewed"]["broken"] == 2 and "flips" not in figures["reviewed"]


def test_files_of_former_versions_that_show_drawings_go(good, folders):
    old_reports, comparisons = folders / "retrain", folders / "comparisons"
    old_reports.mkdir(), comparisons.mkdir()
    for name in ("report-a.html", "report-b.new"):
        (old_reports / name).write_text('<img src="data:image/png;base64,iVBOR">')
    (old_reports / "report-new.html").write_text(retraining.NO_DRAWINGS)
    flips = {"fixed": [], "broken": [{"id": "7", "label": 1}]}
    (comparisons / "a-b.json").write_text(
        json.dumps({"mnist": None, "reviewed": {"drawings": 7, "flips": flips}})
    )
    for name in ("damaged.json", "list.json", "a-b.new"):
        (comparisons / name).write_text("[]" if name == "list.json" else '{"reviewed": ')
    call_command("purge_drawings", "--older-than", "30")
    assert [file.name for file in old_reports.iterdir()] == ["report-new.html"]
    assert [file.name for file in comparisons.iterdir()] == ["a-b.json"]
    found = json.loads((comparisons / "a-b.json").read_text())
    assert found == {"mnist": None, "reviewed": {"drawings": 7}}


def test_the_export_of_a_stopped_retraining_goes_with_what_it_holds(good, folders):
    kept, erased = reviewed_by_network(good, [1, 2])
    retraining.export_all(retraining.Run.resume_or_begin(good.pk))
    call_command("purge_drawings", "--older-than", "30")
    assert (folders / "retrain" / "work").exists()  # to resume
    erasure.erase(erased)  # as a visitor does, whose process does not look into files
    with retraining.exclusive():
        call_command("purge_drawings", "--older-than", "30")
    assert (folders / "retrain" / "work").exists()  # another is running, and clears up itself
    call_command("purge_drawings", "--older-than", "30")
    assert not (folders / "retrain" / "work").exists()


def test_an_export_that_was_stopped_half_way_goes(good, folders):
    retraining.Run.resume_or_begin(good.pk)
    call_command("purge_drawings", "--older-than", "30")
    assert (folders / "retrain" / "work").exists()
    (folders / "retrain" / "work" / ".corrections-2026-11-26.npz.x7k2").mkdir()
    call_command("purge_drawings", "--older-than", "30")
    assert not (folders / "retrain" / "work").exists()


def test_what_is_erased_while_networks_are_compared_is_not_named(good, bad, data, monkeypatch):
    [row] = reviewed_by_network(good, [1])
    measure = evaluation.measure

    def and_meanwhile(*arguments, **options):
        found = measure(*arguments, **options)
        if found["drawings"]:
            erasure.erase(row)
        return found

    monkeypatch.setattr(evaluation, "measure", and_meanwhile)
    part = evaluation.compare(bad, good, data).report["reviewed"]
    assert part["broken"] == 1 and part["flips"] == {"fixed": [], "broken": []}


@pytest.mark.parametrize("days", ["", "x", "-1", "1e9", "9" * 9, "9" * 5000])
def test_it_refuses_what_is_no_number_of_days(days):
    stored()
    with pytest.raises(CommandError, match="give a number of days"):
        call_command("purge_drawings", "--older-than", days)
    with pytest.raises(CommandError, match="required"):
        call_command("purge_drawings")
    assert Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's files are its own")
def test_the_files_of_sqlite_hold_nothing_of_what_was_erased():
    mark = uuid4().bytes * 1000
    gone, kept = old(31, drawing=mark), stored()
    [place] = {Path(connection.settings_dict["NAME"]).parent}

    def found(what):
        return [file.name for file in place.iterdir() if what in file.read_bytes()]

    assert found(mark[:500]) != []
    call_command("purge_drawings", "--older-than", "30")
    assert found(mark[:500]) == []
    assert found(bytes(kept.drawing)) != [] and not Submission.objects.filter(pk=gone.pk).exists()


def test_that_drawings_were_purged_is_an_event():
    events = SiteEvent.objects.filter(action=SiteEvent.Action.PURGE)
    call_command("purge_drawings", "--older-than", "30")
    assert not events.exists()  # there was nothing to erase
    old(31), old(32)
    call_command("purge_drawings", "--older-than", "30", "--keep-reviewed")
    event = events.get()
    assert event.details["drawings"] == 2
    assert event.details["keep_reviewed"] is True
    assert event.details["before"] < timezone.now().isoformat()
