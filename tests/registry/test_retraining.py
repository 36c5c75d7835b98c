import json
import shutil
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from ml import corrections
from predictor import erasure, labelling
from predictor.exports import arrivals
from predictor.management.commands import retrain as command
from predictor.models import LabelEvent, ModelVersion, SiteEvent, Submission, TrainingSample
from predictor.registry import evaluation, lease, promotion, retraining, serving
from tests.support.digits import make_data
from tests.support.networks import reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]
trains = pytest.mark.skipif(not find_spec("tensorflow"), reason="TensorFlow is not installed")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(retraining, "FOLDER", tmp_path / "retrain")
    # From another connection nobody sees what a test has not committed.
    monkeypatch.setattr(lease, "RENEW_EVERY", 3600)
    monkeypatch.setattr(
        retraining,
        "TRAINING",
        [str(Path(__file__).parent.parent / "support/small_training.py")],
    )
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


def active() -> str:
    return ModelVersion.objects.active().get().version


@trains
def test_it_trains_when_something_is_new_and_activates_the_version(
    good, samples, folder, capsys, monkeypatch
):
    monkeypatch.setattr(promotion, "MAX_MNIST_LOSS", 1)
    monkeypatch.setattr(promotion, "MAX_AUDIT_LOSS", 1)
    rows = reviewed(good, [*range(11)] * 4)
    call_command("retrain", "--data", str(samples))
    new = ModelVersion.objects.active().get()
    assert new.parent == good
    assert new.manifests[0]["count"] == len(rows)
    samples = set(new.training_samples.values_list("submission_id", flat=True))
    holdout = {row.pk for row in rows} - samples
    assert samples and holdout
    assert new.training_samples.filter(role=TrainingSample.Role.TRAINED).exists()
    comparison = new.comparisons.get()
    assert (
        comparison.report["reviewed"]["drawings"]
        == len(holdout) + new.training_samples.filter(role=TrainingSample.Role.SUSPECTED).count()
    )
    assert comparison.report["mnist"]["drawings"] == 40
    said = capsys.readouterr().out.splitlines()[-1]
    trained = new.training_samples.filter(role=TrainingSample.Role.TRAINED).count()
    assert trained < 44
    assert said.startswith(
        f"Trained 1 network on {trained} of 44 labelled drawings, 44 of which are new: "
    )
    page = (folder / f"report-{new}.html").read_text()
    assert "It is active" in page and good.version in page
    assert sorted(path.name for path in folder.iterdir()) == ["lock", f"report-{new}.html"]

    call_command("retrain", "--data", str(samples))
    said = capsys.readouterr().out
    assert (
        said.startswith("Nothing to train on was labelled since ") and "trained 0 networks" in said
    )
    assert ModelVersion.objects.count() == 2
    reviewed(new, [3])
    run = retraining.Run.resume_or_begin(active())
    assert (run.count_new(), run.count()) == (1, 45)


@trains
def test_stopped_it_resumes_and_what_is_worse_stays_out(good, samples, folder, monkeypatch):
    reviewed(good, [*range(10)] * 2)
    with monkeypatch.context() as context:
        context.setattr(retraining, "TRAINING", ["-c", "raise SystemExit(1)"])
        with pytest.raises(CommandError, match="run this again to resume it"):
            call_command("retrain", "--data", str(samples))
    begun = SiteEvent.objects.get(action=SiteEvent.Action.RETRAINING)
    assert begun.details == {"base": good.pk, "drawings": 20}
    [export] = folder.glob("work/*.npz")
    written = export.stat().st_mtime_ns
    reviewed(good, [1])  # that is for the next time
    with monkeypatch.context() as context:
        # It is stopped once the network is in the registry.
        context.setattr(command, "compare", lambda *networks: sys.exit(1))
        with pytest.raises(SystemExit):
            call_command("retrain", "--data", str(samples))
    assert export.stat().st_mtime_ns == written
    new = ModelVersion.objects.exclude(pk=good.pk).get()
    monkeypatch.setattr(promotion, "MAX_MNIST_LOSS", -1)
    monkeypatch.setattr(retraining, "TRAINING", ["-c", "raise SystemExit(1)"])
    with pytest.raises(CommandError, match=f": {new}. It was not activated. Its accuracy on"):
        call_command("retrain", "--data", str(samples))
    assert active() == good.version
    assert "It was not activated" in (folder / f"report-{new}.html").read_text()
    assert not (folder / "work").exists()
    # What it was trained on has not reached the active version, and comes again.
    assert retraining.Run.resume_or_begin(active()).count_new() == 21


def test_each_time_all_that_was_labelled_is_replayed_as_it_is_now(good):
    """With the labels of today, and without what was erased."""
    rows = reviewed(good, [1, 2, 3])
    first = retraining.Run.resume_or_begin(active())
    good.manifests = [retraining.export_all(first)]
    good.save()
    shutil.rmtree(first.folder)
    assert retraining.Run.resume_or_begin(active()).count_new() == 0
    [new] = reviewed(good, [4])
    erasure.erase(rows[0])
    changed = Submission.objects.filter(pk=rows[1].pk)
    labelling.relabel(changed, 8, actor=User.objects.first(), source=LabelEvent.Source.PAGE)
    run = retraining.Run(good.pk, first.until, arrivals.settle().isoformat())
    assert run.count_new() == 2
    retraining.export_all(run)
    read = corrections.load([run.export])
    assert dict(zip(read.ids, read.labels, strict=True)) == {
        str(rows[1].pk): 8,
        str(rows[2].pk): 3,
        str(new.pk): 4,
    }


def test_its_report_leads_to_drawings_and_shows_none(good, bad, data, settings):
    settings.ALLOWED_HOSTS = ["localhost", "digits.example.org"]
    [row] = reviewed(good, [4])
    make_data(data)
    bad.metadata["corrections"] = {"trained": 0, "validated": 0, "suspected": 1}
    TrainingSample.objects.create(model_version=bad, submission_id=row.pk, role="suspected")
    manifest = {"count": 1, "labels": {"4": 1}, "filters": {"since": None, "until": "now"}}
    retraining.FOLDER.mkdir()
    comparison = evaluation.compare(bad, good, data)
    page = retraining.write_report(manifest, comparison, ["A reason."]).read_text()
    assert str(row.pk) not in page
    drawings, mnist = page.split("MNIST&#x27;s test set</h2>")
    assert '<img src="data:image/png;base64,' in mnist and "<img" not in drawings
    assert "Broken: 1" in drawings and "A reason." in page
    pages = [comparison.get_absolute_url(), "/admin/predictor/submission/?suspected=yes"]
    assert all(f'href="https://digits.example.org{path}"' in page for path in pages)
    retraining.clear_files()
    assert [file.suffix for file in retraining.FOLDER.iterdir()] == [".html"]
    assert "<script" not in page and "<link" not in page


def test_the_audit_sample_is_left_to_compare_networks_on(good):
    rows = reviewed(good, [1, 2, 3])
    Submission.objects.filter(pk=rows[0].pk).update(audited_at=timezone.now())
    run = retraining.Run.resume_or_begin(active())
    assert set(run.filters.select("npz")) == set(rows[1:])


def test_it_activates_nothing_without_evidence(good, bad, folder, monkeypatch):
    """As one that was trained on three drawings of one visitor: on what is it compared?"""
    reviewed(good, [7] * 3)
    monkeypatch.setattr(retraining, "train", lambda *arguments: Path("bad"))
    with pytest.raises(CommandError, match="It was not activated. .*too little evidence"):
        call_command("retrain")
    assert active() == good.version
    assert "too little evidence" in (folder / "report-bad.html").read_text()


def test_two_never_run_at_once(good):
    reviewed(good, [1])
    with (
        retraining.exclusive(),
        pytest.raises(CommandError, match="Another retraining is running."),
    ):
        call_command("retrain")
    with retraining.exclusive():
        pass


def test_what_was_exported_is_verified(good, folder):
    reviewed(good, [1])
    run = retraining.Run.resume_or_begin(active())
    retraining.export_all(run)
    run.export.write_bytes(b"")
    assert retraining.Run.stopped() is None
    with pytest.raises(retraining.Failed, match="is not what was exported"):
        retraining.export_all(run)
    assert not (folder / "work").exists()


def test_it_begins_anew_when_another_version_was_activated(good, bad, monkeypatch):
    first = retraining.Run.resume_or_begin(active())
    assert retraining.Run.resume_or_begin(active()) == first
    promotion.activate(bad, None)
    monkeypatch.setattr(serving, "_next_check", 0.0)
    assert retraining.Run.resume_or_begin(active()).base == "bad"


def test_what_was_erased_meanwhile_is_not_trained_on(good, folder):
    [kept, erased] = reviewed(good, [1, 2])
    run = retraining.Run.resume_or_begin(active())
    retraining.export_all(run)
    erasure.erase(erased)
    again = retraining.Run.resume_or_begin(active())
    assert not run.export.exists()
    assert (retraining.export_all(again)["count"], run.count()) == (1, 1)


def test_labels_count_from_where_the_lineage_left_off(good, bad):
    assert retraining.last_exported(good.version) is None
    until = [timezone.now() - timedelta(days=days) for days in (9, 2)]
    good.manifests = [{"files": {}, "filters": {"until": moment.isoformat()}} for moment in until]
    good.save()
    bad.parent = good
    bad.save()
    assert retraining.last_exported("bad") == until[1].isoformat()
    # What was exported until a time to come had only what was there.
    good.manifests[1]["exported_at"] = (until[1] - timedelta(days=1)).isoformat()
    good.save()
    assert retraining.last_exported("bad") == good.manifests[1]["exported_at"]


def test_half_written_networks_are_not_taken(good, folder):
    run = retraining.Run.resume_or_begin(active())
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
    assert capsys.readouterr().out == "Nothing to train on was labelled: trained 0 networks.\n"
