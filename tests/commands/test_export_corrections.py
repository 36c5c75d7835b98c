import json

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from predictor.exports.exporter import manifest_of
from predictor.models import SiteEvent
from tests.support.samples import stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    return tmp_path / "corrections.npz"


def run(path, *options):
    call_command("export_corrections", "--output", str(path), *options)


def reviewed():
    ann, _ = User.objects.get_or_create(username="ann")
    return stored(label=3, reviewed_by=ann, reviewed_at=timezone.now())


def test_it_writes_an_npz_and_says_how_many(path, capsys):
    reviewed()
    stored()
    run(path)
    assert capsys.readouterr().out == (
        f"Exported 1 drawings to {path}, described in {path}.manifest.json.\n"
    )
    with np.load(path) as arrays:
        assert arrays["label"].tolist() == [3]


def test_it_writes_csv(path):
    reviewed()
    run(path, "--format", "csv")
    assert path.read_text().startswith("label,id,")


def test_it_hands_the_filters_on(path):
    version = reviewed().model_id
    run(path, "--since", "2026-01-31", "--until", "2126-01-31T18:00:00+01:00")
    filters = json.loads(manifest_of(path).read_text())["filters"]
    assert filters["since"] == "2026-01-31T00:00:00Z"
    assert filters["until"] == "2126-01-31T18:00:00+01:00"
    run(path, "--changed-only", "--model", version)
    manifest = json.loads(manifest_of(path).read_text())
    assert manifest["count"] == 1
    assert manifest["filters"]["changed_only"] is True
    assert manifest["filters"]["model"] == version


@pytest.mark.parametrize(
    "options, reason",
    [
        (["--model", "lost"], "There is no network lost."),
        (["--since", "yesterday"], "write it as 2026-01-31"),
        (["--since", "\u0662\u0660\u0662\u0666-01-01x"], "write it as 2026-01-31"),
        (["--format", "xls"], "invalid choice: 'xls'"),
    ],
)
def test_it_refuses_what_it_does_not_understand(path, options, reason):
    with pytest.raises(CommandError, match=reason):
        run(path, *options)
    assert not path.exists()


def test_it_says_why_it_cannot_write(tmp_path):
    with pytest.raises(CommandError, match="No such file or directory"):
        run(tmp_path / "lost" / "out.npz")
    with pytest.raises(CommandError, match="Is a directory"):
        run(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_that_it_was_exported_is_an_event(path):
    reviewed()
    run(path, "--changed-only")
    event = SiteEvent.objects.get(action=SiteEvent.Action.EXPORT)
    manifest = json.loads(manifest_of(path).read_text())
    assert event.details == {name: manifest[name] for name in ("format", "count", "filters")}
    assert event.details["filters"]["changed_only"] is True


def test_what_was_not_written_is_no_event(tmp_path):
    with pytest.raises(CommandError):
        run(tmp_path / "nowhere" / "corrections.npz")
    assert not SiteEvent.objects.filter(action=SiteEvent.Action.EXPORT).exists()


def test_it_writes_nothing_but_what_it_was_told_to(tmp_path):
    reviewed()
    inner = tmp_path / "inner"
    inner.mkdir()
    run(inner / ".." / "out.npz")
    run(inner / "folder", "--format", "png")
    assert {path.name for path in tmp_path.iterdir()} == {
        "inner",
        "out.npz",
        "out.npz.manifest.json",
    }
    assert {path.name for path in inner.iterdir()} == {"folder", "folder.manifest.json"}
    inside = [path for path in (inner / "folder").rglob("*") if path.is_file()]
    assert all(path.resolve().is_relative_to(inner / "folder") for path in inside) and inside


def test_a_link_is_replaced_and_what_it_leads_to_is_left(tmp_path):
    target = tmp_path / "precious"
    target.write_text("not to be touched")
    link = tmp_path / "out.npz"
    link.symlink_to(target)
    run(link)
    assert target.read_text() == "not to be touched"
    assert not link.is_symlink()
