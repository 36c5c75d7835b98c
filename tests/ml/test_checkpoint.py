import pytest

from ml.checkpoint import CHECKPOINTS, Checkpoints, progress

keras = pytest.importorskip("keras")


@pytest.fixture
def folder(tmp_path):
    """Of a training that stopped after its second epoch."""
    checkpoints = Checkpoints(tmp_path / ".training", {"seed": "1"})
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    for epoch in (1, 2):
        model.save(checkpoints.folder / f"epoch-{epoch}.keras")
    return checkpoints.folder


def test_the_same_options_resume_after_the_last_epoch(folder):
    resumed = Checkpoints(folder, {"seed": "1"})
    model, epoch = resumed.latest()
    assert epoch == 2 and model.count_params() == 2


def test_other_options_begin_anew(folder):
    assert Checkpoints(folder, {"seed": "2"}).latest() == (None, 0)


@pytest.mark.parametrize("start", ["", "[]", "{}", '{"options": 3}'])
def test_a_damaged_start_begins_anew(folder, start):
    (folder / "start.json").write_text(start)
    assert Checkpoints(folder, {"seed": "1"}).latest() == (None, 0)


def test_a_model_that_was_being_written_is_passed_over(folder):
    whole = (folder / "epoch-2.keras").read_bytes()
    (folder / "epoch-3.keras").write_bytes(whole[: len(whole) // 2])
    assert Checkpoints(folder, {"seed": "1"}).latest()[1] == 2


def test_an_epoch_that_was_repeated_counts_once(folder):
    lines = ["epoch,loss,val_loss", "0,3,4", "1,2,3", "1,1,2"]
    (folder / "history.csv").write_text("\n".join(lines))
    history = Checkpoints(folder, {"seed": "1"}).history()
    assert history == {"loss": [3, 1], "val_loss": [4, 2]}


def test_trusted_rows_are_kept(folder):
    checkpoints = Checkpoints(folder, {"seed": "1"})
    assert checkpoints.trusted_rows() is None
    checkpoints.save_trusted_rows({"digits": [0, 2]})
    assert Checkpoints(folder, {"seed": "1"}).trusted_rows() == {"digits": [0, 2]}


def test_another_process_may_see_how_far_it_is(tmp_path):
    folder = tmp_path / CHECKPOINTS
    assert progress(folder) == (0, 0)
    Checkpoints(folder, {"epochs": "10"})
    assert progress(folder) == (0, 0)
    (folder / "history.csv").write_text("epoch,loss,val_loss\n0,2.0,2.0\n1,1.0,1.0\n")
    assert progress(folder) == (2, 10)
