import csv
import hashlib
import json
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ml import corrections, ink
from ml.strokes import PEN
from predictor import erasure, labelling, submissions
from predictor.exports import exporter
from predictor.exports.exporter import Filters, export, manifest_of, verify
from predictor.exports.writers import COLUMNS, FORMATS
from predictor.models import Label, LabelEvent, Submission
from predictor.registry import serving
from tests.support.samples import ONE, SEVEN, labelled, stored

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def visitor():
    return uuid4()


@pytest.fixture
def samples(visitor):
    """Five reviewed drawings, a minute apart, two of them by one visitor; and two that are not."""
    ann = User.objects.create(username="ann")
    labels = [7, 1, Label.NOT_A_DIGIT, 7, 0]
    rows = [
        stored(
            visitor if minute < 2 else uuid4(),
            digit=7,
            is_digit=True,
            visitor_label=3 if minute == 1 else None,
            label=label,
            strokes=[[[10, 20, 30], [0, 0, 40], [0, 90, 200]]],
            reviewed_by=ann,
            reviewed_at=START + timedelta(minutes=minute),
            audited_at=START if minute == 3 else None,
        )
        for minute, label in enumerate(labels)
    ]
    stored()
    stored(label=Label.CANT_TELL, reviewed_by=ann, reviewed_at=START)
    return rows


def write(path, format="npz", **filters):
    return export(path, format, Filters(**filters), lambda count: None)


def fail(count):
    raise OSError("No space left on device")


def contents(path):
    return {name: file.read_bytes() for name, file in exporter.files(path).items()}


def ids(path):
    with np.load(path) as arrays:
        return arrays["id"].astype(str).tolist()


def test_an_npz_holds_what_the_database_holds(tmp_path, samples, visitor):
    write(tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as file:
        arrays = dict(file)
    assert {name: array.dtype for name, array in arrays.items()} == {
        name: dtype.base for name, dtype in (COLUMNS | ink.ARRAYS).items()
    }
    strokes, widths = ink.unpack(arrays)
    assert [points.T.tolist() for points in strokes[0]] == [[[10, 20, 30], [0, 0, 40]]]
    assert [pens.tolist() for pens in widths] == [[PEN]] * 5  # unknown: as wide as the page's was
    assert arrays["pixels"].shape == (5, 28, 28)
    for i, row in enumerate(samples):
        assert arrays["pixels"][i].tobytes() == bytes(row.pixels)
        assert arrays["label"][i] == row.label
        assert arrays["id"][i].decode() == str(row.pk)
        assert arrays["predicted"][i] == row.predicted
        assert arrays["confidence"][i] == row.confidence
        assert arrays["model"][i].decode() == row.model_id
        assert arrays["preprocessing"][i].decode() == row.preprocessing
        assert arrays["created_at"][i] == np.datetime64(row.created_at.replace(tzinfo=None))
        assert arrays["reviewed_at"][i] == np.datetime64(row.reviewed_at.replace(tzinfo=None))
    assert arrays["visitor_label"].tolist() == [-1, 3, -1, -1, -1]


def test_training_reads_the_strokes_and_pens_that_were_drawn_with(tmp_path):
    drawn, _ = submissions.submit(
        serving.network(), visitor=uuid4(), strokes=SEVEN + ONE, widths=[6, 30]
    )
    for row in (drawn, stored()):
        labelled(row, 7, User.objects.get_or_create(username="ann")[0])
    write(tmp_path / "out.npz")
    read = corrections.keep_true_strokes(corrections.load([tmp_path / "out.npz"]))
    assert [len(strokes) for strokes in read.strokes] == [2, 0]
    assert read.widths[0].tolist() == [6, 30]
    assert [points.T.tolist() for points in read.strokes[0]] == [line[:2] for line in SEVEN + ONE]


def test_visitors_are_pseudonyms(tmp_path, samples, visitor):
    write(tmp_path / "out.npz")
    write(tmp_path / "again.npz")
    with np.load(tmp_path / "out.npz") as file, np.load(tmp_path / "again.npz") as again:
        names = file["visitor"].astype(str).tolist()
        assert names == again["visitor"].astype(str).tolist()
    assert names[0] == names[1]
    assert len(set(names)) == 4
    assert all(len(name) == 32 and name != visitor.hex for name in names)


def test_a_csv_holds_the_same(tmp_path, samples):
    write(tmp_path / "out.csv", "csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["id"] for line in lines] == [str(row.pk) for row in samples]
    assert [int(line["label"]) for line in lines] == [row.label for row in samples]
    assert lines[0]["reviewed_at"] == "2026-01-01T00:00:00.000000Z"
    pixels = bytes(int(lines[0][f"pixel{i}"]) for i in range(784))
    assert pixels == bytes(samples[0].pixels)


@pytest.mark.parametrize(
    "filters, chosen",
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"since": START + timedelta(minutes=3)}, [3, 4]),
        ({"until": START + timedelta(minutes=3)}, [0, 1, 2]),
        ({"changed_only": True}, [1, 2, 4]),
        ({"model": "another"}, []),
        ({"audit_sample": False}, [0, 1, 2, 4]),
    ],
)
def test_filters_choose(tmp_path, samples, filters, chosen):
    manifest = write(tmp_path / "out.npz", **filters)
    assert ids(tmp_path / "out.npz") == [str(samples[i].pk) for i in chosen]
    assert manifest["count"] == len(chosen)


def test_the_manifest_tells_what_it_is(tmp_path, samples):
    path = tmp_path / "out.npz"
    write(path, until=START + timedelta(hours=1))
    manifest = json.loads(manifest_of(path).read_text())
    version = samples[0].model_id
    assert manifest.pop("exported_at")
    assert manifest == {
        "format": "npz",
        "filters": {
            "since": None,
            "until": "2026-01-01T01:00:00Z",
            "changed_only": False,
            "model": None,
            "audit_sample": True,
        },
        "count": 5,
        "visitors": 4,
        "labels": {"0": 1, "1": 1, "7": 2, "not a digit": 1},
        "networks": {version: 5},
        "preprocessing": {samples[0].preprocessing: 5},
        "files": {
            "out.npz": {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
        },
        "erased": [],
        "confirmed": [],
    }


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_drawings_give_the_same_bytes_in_any_batches(
    tmp_path, samples, monkeypatch, format
):
    (tmp_path / "again").mkdir()
    write(tmp_path / "out", format)
    monkeypatch.setattr(exporter, "BATCH_SIZE", 2)
    write(tmp_path / "again" / "out", format)
    assert contents(tmp_path / "out") == contents(tmp_path / "again" / "out")


def test_an_export_is_one_query(tmp_path, samples):
    with CaptureQueriesContext(connection) as queries:
        assert len(list(exporter.batches(Filters().select("npz"), list(COLUMNS)))) == 1
    [query] = [query["sql"] for query in queries if "predictor_submission" in query["sql"]]
    assert '"drawing"' not in query


@pytest.mark.parametrize("format", ["npz", "csv", "ndjson"])
def test_an_export_that_fails_leaves_what_was_there(tmp_path, samples, format):
    path = tmp_path / "out"
    write(path, format)
    before = path.read_bytes(), manifest_of(path).read_bytes()
    with pytest.raises(OSError):
        export(path, format, Filters(), fail)
    assert (path.read_bytes(), manifest_of(path).read_bytes()) == before
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("format", ["idx", "png"])
def test_a_folder_is_written_whole_or_not_at_all(tmp_path, samples, format):
    with pytest.raises(OSError):
        export(tmp_path / "out", format, Filters(), fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", ["idx", "png"])
def test_a_folder_that_holds_something_is_left_alone(tmp_path, samples, format):
    path = tmp_path / "out"
    path.mkdir()
    write(path, format)
    before = contents(path), manifest_of(path).read_bytes()
    with pytest.raises(OSError, match="not empty"):
        write(path, format)
    assert (contents(path), manifest_of(path).read_bytes()) == before


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_reviewed_is_an_empty_export(tmp_path, db, format):
    assert write(tmp_path / "out", format)["count"] == 0
    assert verify(tmp_path / "out")[1] == []


def test_verifying_finds_what_changed_and_what_is_missing(tmp_path, samples):
    path = tmp_path / "out.npz"
    write(path)
    (tmp_path / "another").touch()
    assert verify(path)[1] == []
    path.write_bytes(path.read_bytes()[:-1])
    assert verify(path)[1] == ["out.npz is not what was exported."]
    path.unlink()
    assert verify(path)[1] == ["out.npz is missing."]


def test_verifying_a_folder_finds_what_is_extra_too(tmp_path, samples):
    path = tmp_path / "out"
    write(path, "png")
    assert verify(path)[1] == []
    one, other = (f"7/{samples[i].pk}.png" for i in (0, 3))
    (path / one).rename(path / "seven.png")
    (path / other).write_bytes(b"")
    assert verify(path)[1] == sorted(
        [
            f"{one} is missing.",
            f"{other} is not what was exported.",
            "seven.png was not exported.",
        ]
    )


def test_what_is_erased_is_in_no_later_export_and_told_in_its_manifest(tmp_path, samples):
    before, now = timezone.now(), samples[0]
    erasure.erase(now)
    manifest = write(tmp_path / "out.npz")
    assert str(now.pk) not in ids(tmp_path / "out.npz")
    assert manifest["erased"] == [str(now.pk)]
    assert write(tmp_path / "out.npz", since=before)["erased"] == [str(now.pk)]
    # An erasure that was under way when the last export looked has a time before it.
    assert write(tmp_path / "out.npz", since=timezone.now())["erased"] == [str(now.pk)]
    later = timezone.now() + timedelta(days=2)
    assert write(tmp_path / "out.npz", since=later)["erased"] == []


def test_the_manifest_tells_which_labels_were_confirmed(tmp_path, samples):
    ann = User.objects.get()
    one, two = (Submission.objects.filter(pk=row.pk) for row in samples[:2])
    for rows in (one, two, two):
        labelling.relabel(
            rows,
            attrgetter("label"),
            actor=ann,
            source=LabelEvent.Source.CONFIRM_LABEL,
            confirm=True,
        )
    labelling.relabel(one, 3, actor=ann, source=LabelEvent.Source.PAGE)
    assert write(tmp_path / "out.npz")["confirmed"] == [str(samples[1].pk)]


def test_what_was_not_drawn_on_the_page_has_no_strokes_to_export(tmp_path, samples):
    for strokes in (None, []):
        Submission.objects.filter(pk=samples[0].pk).update(strokes=strokes)
        assert write(tmp_path / "out.ndjson", "ndjson")["count"] == 4
        assert write(tmp_path / "out.npz")["count"] == 5
