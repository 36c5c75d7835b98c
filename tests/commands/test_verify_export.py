import hashlib
import json

import pytest
from django.core.management import CommandError, call_command

from predictor.exports.exporter import Filters, export, manifest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "out.npz"
    export(path, "npz", Filters(), lambda count: None)
    return path


def test_it_counts_what_it_verified(path, capsys):
    call_command("verify_export", str(path))
    assert capsys.readouterr().out == "Verified 1 files with 0 drawings.\n"


def test_it_tells_what_has_changed(path):
    path.write_bytes(b"")
    with pytest.raises(CommandError, match="out.npz is not what was exported."):
        call_command("verify_export", str(path))


def test_it_tells_ten_problems_and_how_many_more(tmp_path):
    path = tmp_path / "out"
    export(path, "png", Filters(), lambda count: None)
    for i in range(12):
        (path / "7" / f"{i:02}.png").touch()
    with pytest.raises(CommandError, match="7/09.png was not exported. And 2 more.") as caught:
        call_command("verify_export", str(path))
    assert "7/10.png" not in str(caught.value)


def test_it_needs_the_manifest(path):
    manifest_of(path).unlink()
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("verify_export", str(path))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 7}', '{"files": {"a": 7}}', "\0"])
def test_it_refuses_another_manifest(path, text):
    manifest_of(path).write_text(text)
    with pytest.raises(CommandError):
        call_command("verify_export", str(path))


def test_a_manifest_leads_nowhere_else(path):
    outside = path.parent.parent / "outside"
    outside.write_text("secret")
    manifest = json.loads(manifest_of(path).read_text())
    sha256 = hashlib.sha256(b"secret").hexdigest()
    manifest["files"] |= {"../outside": {"sha256": sha256}, str(outside): {"sha256": sha256}}
    manifest_of(path).write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match="../outside is missing."):
        call_command("verify_export", str(path))
