from django.core.checks import run_checks

from ml import runtime
from predictor.checks import bundled_network


def ids(messages):
    return [message.id for message in messages]


def test_the_network_that_ships_fits():
    assert bundled_network() == []
    assert bundled_network in run_checks.__self__.registered_checks


def test_a_network_that_is_missing_is_named_with_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "ARTIFACTS", tmp_path)
    [error] = bundled_network()
    assert error.id == "predictor.E001"
    assert "make train" in error.hint


def test_a_network_trained_on_other_pictures_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "ARTIFACTS", tmp_path)
    folder = tmp_path / "1"
    folder.mkdir()
    note = folder / "metadata.json"
    for text, id in (("{", "predictor.E001"), ('{"preprocessing": "0"}', "predictor.E002")):
        note.write_text(text)
        assert ids(bundled_network()) == [id]
