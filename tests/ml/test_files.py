import pytest

from ml.files import write_atomically, write_folder


def test_a_file_takes_the_place_of_an_older_one_when_it_is_whole(tmp_path):
    file = tmp_path / "new" / "file"
    for content in ("old", "new"):
        with write_atomically(file) as unfinished:
            unfinished.write_text(content)
    assert file.read_text() == "new" and list(file.parent.iterdir()) == [file]


def test_an_error_leaves_the_older_one_and_nothing_else(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(ZeroDivisionError), write_atomically(file) as unfinished:
        unfinished.write_text("half")
        raise ZeroDivisionError
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


def test_a_folder_is_written_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "artifacts" / "one"
    write_folder(folder, {"a": b"1", "b": b"2"})
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"a": b"1", "b": b"2"}
    with pytest.raises(FileExistsError, match="exists already"):
        write_folder(folder, {"a": b"3"})
    assert (folder / "a").read_bytes() == b"1"
    assert list(folder.parent.iterdir()) == [folder]
