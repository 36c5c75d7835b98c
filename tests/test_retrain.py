import json
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from predictor import classifier, gate, retrain, services
from predictor.management.commands import retrain as command
from predictor.networks import Lesson, ModelVersion
from tests.digits import make_data
from tests.networks import reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]
trains = pytest.mark.skipif(not find_spec("tensorflow"), reason="TensorFlow is not installed")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(retrain, "FOLDER", tmp_path / "retrain")
    monkeypatch.setattr(retrain, "SETTLED", timedelta(0))
    monkeypatch.setattr(retrain, "TRAINING", [str(Path(__file__).with_name("small_training.py"))])
    monkeypatch.setattr(command, "find_spec", lambda name: True)
    monkeypatch.setenv("ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.setenv("PYTHONPATH", ".")
    return tmp_path / "retrain"


@pytest.fixture
def samples(tmp_path):
    """Data to train on, elsewhere than where they are looked for if it isn't said."""
    place = tmp_path / "samples"
    place.mkdir()
    return make_data(place)


def at_work() -> str:
    return ModelVersion.objects.active().get().version


@trains
def test_it_learns_what_is_new_and_puts_it_to_work(good, samples, folder, capsys, monkeypatch):
    monkeypatch.setattr(gate, "MNIST_LOSS", 1)
    monkeypatch.setattr(gate, "MIN_EVIDENCE", 1)
    rows = reviewed(good, [*range(11)] * 4)
    call_command("retrain", "--data", str(samples))
    new = ModelVersion.objects.active().get()
    assert new.parent == good
    assert new.manifests[0]["count"] == len(rows)
    lessons = set(new.lessons.values_list("drawing", flat=True))
    judges = {row.pk for row in rows} - lessons
    assert lessons and judges  # some visitors are left to judge by
    comparison = new.comparisons.get()
    assert (
        comparison.report["reviewed"]["drawings"]
        == len(judges) + new.lessons.filter(role=Lesson.Role.DOUBTED).count()
    )
    assert comparison.report["mnist"]["drawings"] == 40
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("Trained 1 network on 44 drawings and put it to work: ")
    page = (folder / f"report-{new}.html").read_text()
    assert "It is put to work" in page and good.version in page
    assert sorted(path.name for path in folder.iterdir()) == ["lock", f"report-{new}.html"]

    call_command("retrain", "--data", str(samples))
    said = capsys.readouterr().out
    assert said.startswith("Nothing was labelled since ") and "trained 0 networks" in said
    assert ModelVersion.objects.count() == 2
    reviewed(new, [3])
    assert retrain.Run.resume_or_begin().count() == 1


@trains
def test_stopped_it_goes_on_and_what_is_worse_stays_out(good, samples, folder, monkeypatch):
    reviewed(good, [*range(10)] * 2)
    with monkeypatch.context() as context:
        context.setattr(retrain, "TRAINING", ["-c", "raise SystemExit(1)"])
        with pytest.raises(CommandError, match="run this again to go on"):
            call_command("retrain", "--data", str(samples))
    [export] = folder.glob("work/*.npz")
    written = export.stat().st_mtime_ns
    reviewed(good, [1])  # that is for the next time
    with monkeypatch.context() as context:
        # It is stopped when the network is in the register.
        context.setattr(command, "compare", lambda *networks: sys.exit(1))
        with pytest.raises(SystemExit):
            call_command("retrain", "--data", str(samples))
    assert export.stat().st_mtime_ns == written
    new = ModelVersion.objects.exclude(pk=good.pk).get()
    monkeypatch.setattr(gate, "MNIST_LOSS", -1)
    monkeypatch.setattr(retrain, "TRAINING", ["-c", "raise SystemExit(1)"])
    with pytest.raises(CommandError, match=f"Added {new}, and did not put it to work. It loses"):
        call_command("retrain", "--data", str(samples))
    assert at_work() == good.version
    assert "It was not put to work" in (folder / f"report-{new}.html").read_text()
    assert not (folder / "work").exists()
    # What it learnt has not reached the network at work, and comes again.
    assert retrain.Run.resume_or_begin().count() == 21


def test_its_report_leads_to_drawings_and_shows_none(good, bad, data, settings):
    settings.ALLOWED_HOSTS = ["localhost", "digits.example.org"]
    [row] = reviewed(good, [4])
    make_data(data)
    bad.metadata["corrections"] = {"learnt": 0, "validated": 0, "doubted": 1}
    Lesson.objects.create(network=bad, drawing=row.pk, role="doubted")
    manifest = {"count": 1, "labels": {"4": 1}, "filters": {"since": None, "until": "now"}}
    retrain.FOLDER.mkdir()
    comparison = gate.compare(bad, good)
    page = retrain.report(manifest, comparison, ["A reason."]).read_text()
    assert str(row.pk) not in page
    mnist, drawings = page.split("Reviewed drawings from which neither learnt")
    assert '<img src="data:image/png;base64,' in mnist and "<img" not in drawings
    assert "Broken: 1" in drawings and "A reason." in page
    pages = [comparison.get_absolute_url(), "/admin/predictor/submission/?doubt=label"]
    assert all(f'href="https://digits.example.org{path}"' in page for path in pages)
    retrain.clear()
    assert [file.suffix for file in retrain.FOLDER.iterdir()] == [".html"]
    assert "<script" not in page and "<link" not in page


def test_it_puts_nothing_to_work_that_was_judged_on_nothing(good, bad, folder, monkeypatch):
    """As one that learnt three drawings of one visitor, who judges it then?"""
    reviewed(good, [7] * 3)
    monkeypatch.setattr(retrain, "train", lambda *arguments: Path("bad"))
    with pytest.raises(CommandError, match="did not put it to work. .*too little evidence"):
        call_command("retrain")
    assert at_work() == good.version
    assert "too little evidence" in (folder / "report-bad.html").read_text()


def test_two_never_run_at_once(good):
    reviewed(good, [1])
    with retrain.alone(), pytest.raises(CommandError, match="Another retraining is under way."):
        call_command("retrain")
    with retrain.alone():
        pass


def test_what_was_exported_is_verified(good, folder):
    reviewed(good, [1])
    run = retrain.Run.resume_or_begin()
    retrain.export(run)
    run.export.write_bytes(b"")
    with pytest.raises(CommandError, match="is not what was exported"):
        call_command("retrain")
    assert not (folder / "work").exists()


def test_it_begins_anew_when_another_network_was_put_to_work(good, bad, monkeypatch):
    first = retrain.Run.resume_or_begin()
    assert retrain.Run.resume_or_begin() == first
    services.activate(bad, None)
    monkeypatch.setattr(classifier, "_next_check", 0.0)
    assert retrain.Run.resume_or_begin().base == "bad"


def test_what_was_erased_meanwhile_is_not_learnt(good, folder):
    [kept, erased] = reviewed(good, [1, 2])
    run = retrain.Run.resume_or_begin()
    retrain.export(run)
    services.erase(erased)
    again = retrain.Run.resume_or_begin()
    assert not run.export.exists()
    assert (retrain.export(again)["count"], run.count()) == (1, 1)


def test_labels_count_from_where_the_line_of_networks_left_off(good, bad):
    assert retrain.last_exported(good.version) is None
    until = [timezone.now() - timedelta(days=days) for days in (9, 2)]
    good.manifests = [{"files": {}, "filters": {"until": moment.isoformat()}} for moment in until]
    good.save()
    bad.parent = good
    bad.save()
    assert retrain.last_exported("bad") == until[1].isoformat()


def test_half_written_networks_are_not_taken(good, folder):
    run = retrain.Run.resume_or_begin()
    for name in (".20260101-000000.7", ".training"):
        (folder / "work" / "new" / name).mkdir(parents=True)
        (folder / "work" / "new" / name / "metadata.json").write_text(json.dumps({}))
    assert run.trained() is None


def test_without_tensorflow_it_says_what_to_do(good, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match="run make retrain"):
        call_command("retrain")


def test_nothing_labelled_is_no_failure(good, capsys):
    call_command("retrain")
    assert capsys.readouterr().out == "Nothing was labelled: trained 0 networks.\n"
