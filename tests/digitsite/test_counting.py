import os

from digitsite import counting


def test_what_a_gunicorn_that_is_gone_has_left_is_cleared_away(tmp_path, monkeypatch):
    monkeypatch.delenv(counting.FOLDER, raising=False)
    for process in (2**22 + 1, os.getpid(), os.getppid()):  # none, this one and another
        (tmp_path / str(process)).mkdir()
        (tmp_path / str(process) / "counter_1.db").touch()
    counting.keep_in(tmp_path)
    own = tmp_path / str(os.getpid())
    assert os.environ.pop(counting.FOLDER) == str(own)
    assert set(tmp_path.iterdir()) == {own, tmp_path / str(os.getppid())}
    assert list(own.iterdir()) == []
