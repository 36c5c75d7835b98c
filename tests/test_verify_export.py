import pytest
from django.core.management import CommandError, call_command

from predictor.exports import Filters, export, manifest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "out.npz"
    export(path, "npz", Filters(), lambda count: None)
    return path


def test_it_counts_what_it_verified(path, capsys):
    call_command("verify_export", str(path))
    assert capsys.readouterr().out == "Verified 1 file with 0 drawings.\n"


def test_it_tells_what_has_changed(path):
    path.write_bytes(b"")
    with pytest.raises(CommandError, match="out.npz is not what was exported."):
        call_command("verify_export", str(path))


def test_it_needs_the_manifest(path):
    manifest_of(path).unlink()
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("verify_export", str(path))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 7}', '{"files": {"a": 7}}', "\0"])
def test_it_refuses_another_manifest(path, text):
    manifest_of(path).write_text(text)
    with pytest.raises(CommandError):
        call_command("verify_export", str(path))
