import json

from ml.checkpoint import Checkpoint


def test_a_checkpoint_of_other_options_is_not_gone_on_with(tmp_path):
    folder = tmp_path / ".training"
    folder.mkdir()
    saved = {"options": {"seed": "1"}, "epoch": 3, "losses": [1.0, 0.5, 0.2], "folder": None}
    (folder / "state.json").write_text(json.dumps(saved))
    same = Checkpoint.open(folder, {"seed": "1"})
    assert same.epoch == 3 and same.model_file(3).parent == folder
    (tmp_path / "other").mkdir()
    for damaged in ("", "[]", '{"options": {"seed": "1"}, "x": 1}', '{"epoch": 3}'):
        (tmp_path / "other" / "state.json").write_text(damaged)
        assert Checkpoint.open(tmp_path / "other", {"seed": "1"}).epoch == 0
        (tmp_path / "other").mkdir(exist_ok=True)
    other = Checkpoint.open(folder, {"seed": "2"})
    assert other.epoch == 0 and other.losses == [] and not folder.exists()
