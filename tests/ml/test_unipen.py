import gzip
import io
import tarfile

import numpy as np
import pytest

from ml.unipen import UnipenError, read, uci_rows, unipen_rows, unpack
from tests.support.unipen import INK, UCI


def usable(rows):
    return [row for row in rows if row]


def write(path, text):
    path.write_text(text)
    return path


def test_uci_digits_come_with_their_writer(tmp_path):
    rows = list(uci_rows(write(tmp_path / "pendigits-orig.tra", UCI)))
    assert rows == [
        {
            "source": "pendigits",
            "writer": "pd12-6a7450ee",
            "label": "1",
            "strokes": [[[0, 0, 0], [0, 64, 255]]],
        },
        {
            "source": "pendigits",
            "writer": "pd30-73d84e42",
            "label": "7",
            "strokes": [[[0, 170], [0, 0]], [[85], [255]]],
        },
    ]


def test_the_writers_of_uci_s_test_part_are_others(tmp_path):
    train, test = (
        usable(uci_rows(write(tmp_path / f"pendigits-orig.{part}", UCI))) for part in ("tra", "tes")
    )
    assert train[0]["strokes"] == test[0]["strokes"]
    assert train[0]["writer"].startswith("pd12-") and test[0]["writer"].startswith("pt12-")


def packed_by_compress(text):
    """LZW as the old program writes it, with codes of 9 bits and no repetition found."""
    bits = "".join(format(byte, "09b")[::-1] for byte in text.encode())
    bits += "0" * (-len(bits) % 8)
    packed = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    return bytes([0x1F, 0x9D, 0x89]) + packed


@pytest.mark.parametrize(
    ("ending", "pack"),
    [(".gz", lambda text: gzip.compress(text.encode())), (".Z", packed_by_compress)],
)
def test_packed_files_are_read_as_they_are(tmp_path, ending, pack):
    plain = write(tmp_path / "pendigits-orig.tra", UCI)
    packed = tmp_path / f"pendigits-orig.tra{ending}"
    packed.write_bytes(pack(UCI))
    assert list(uci_rows(packed)) == list(uci_rows(plain))


@pytest.mark.parametrize("content", [b"\x1f\x8b broken", b"\x1f\x9d\x90"])
def test_a_damaged_file_is_named(tmp_path, content):
    file = tmp_path / "pendigits-orig.tra.gz"
    file.write_bytes(content)
    if content[1] == 0x9D:
        assert list(uci_rows(file)) == []
    else:
        with pytest.raises(UnipenError, match="pendigits-orig.tra.gz"):
            list(uci_rows(file))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnipenError, match="nowhere.tra"):
        list(uci_rows(tmp_path / "nowhere.tra"))


def test_unipen_s_strokes_are_cut_out_of_the_included_file(unipen):
    place, _ = unipen
    first, second, third = unipen_rows(place)
    assert first["source"] == "unipen-1a"
    assert [row["label"] for row in (first, second, third)] == ["1", "2", "3"]
    assert first["strokes"] == [[[0, 0], [0, 255]]]  # y downwards
    assert [len(stroke[0]) for stroke in second["strokes"]] == [2, 1, 2]
    assert [len(stroke[0]) for stroke in third["strokes"]] == [4, 2]


def test_coordinates_are_whole_numbers_and_the_aspect_stays(unipen):
    place, _ = unipen
    second = list(unipen_rows(place))[1]["strokes"]
    # x from 10 to 40, y from 10 to 20: the longer side is 30 wide.
    assert second[0] == [[0, 85], [85, 85]]
    assert second[1] == [[0], [0]]
    assert second[2] == [[170, 255], [85, 85]]


def test_a_tablet_that_is_finer_in_one_direction_is_put_right(unipen):
    place, add = unipen
    finer = ".X_POINTS_PER_INCH 200\n.Y_POINTS_PER_INCH 100\n" + INK
    add("1b", "syn/one.dat", "ABC", ink=finer)
    letter = usable(unipen_rows(place))[-2]
    assert letter["label"] == "B"
    assert np.ptp(np.concatenate([x for x, _ in letter["strokes"]])) == 255
    assert np.ptp(np.concatenate([y for _, y in letter["strokes"]])) == 170


def test_a_writer_is_one_within_one_collector_s_data(unipen):
    place, add = unipen
    add("1a", "app/two.dat", "456")
    add("1b", "app/three.dat", "ABC")
    add("1b", "syn/four.dat", "ABC")
    add("1b", "syn/five.dat", "ABC", writer="ann")
    rows = usable(unipen_rows(place))
    writers = {row["writer"] for row in rows}
    assert len(writers) == 3 and "tom" not in str(writers)
    assert {name[:4] for name in writers} == {"app-", "syn-"}
    assert len({row["writer"] for row in rows if row["writer"].startswith("app-")}) == 1


def test_without_a_name_every_file_is_a_writer_of_its_own(unipen):
    place, add = unipen
    add("1c", "sie/a.dat", "abc", writer="")
    add("1c", "sie/b.dat", "abc", writer="")
    rows = [row for row in usable(unipen_rows(place)) if row["source"] == "unipen-1c"]
    assert len({row["writer"] for row in rows}) == 2 and len(rows) == 6


def test_what_has_no_usable_label_is_told_and_left_out(unipen):
    place, add = unipen
    add("1d", "kai/a.dat", (r"\@", r"\"", r"\\"))
    add("1d", "kai/b.dat", ("", "ab", "+"))
    add("1a", "apa/c.dat", ("O", "4", "5"))  # a letter among the digits
    add("1b", "apa/d.dat", ("4", "A", "B"))  # a digit among the letters
    rows = list(unipen_rows(place))
    assert [row["label"] for row in usable(rows)] == [*"45", *"123", *"AB", '"', "\\", "+"]
    assert len(rows) - len(usable(rows)) == 5


def test_badly_written_segments_and_those_without_ink_are_left_out(unipen):
    place, add = unipen
    file = add("1a", "apa/bad.dat", "456")
    text = file.read_text()
    file.write_text(
        text.replace('OK "5"', 'BAD "5"').replace("3:0-4:1", "3-99").replace(" 0 ?", " x ?")
    )
    rows = list(unipen_rows(place))
    assert len(usable(rows)) == 3 and len(rows) == 6


def test_a_damaged_stroke_spoils_its_own_drawing_only(unipen):
    place, add = unipen
    broken = INK.replace("0 0 100\n10 0 0", "0 zero 100\n10 0 0")
    add("1a", "apa/broken.dat", "456", ink=broken)
    assert [row["label"] for row in usable(unipen_rows(place))] == [*"56", *"123"]


def test_a_missing_or_circular_include_is_no_end(unipen):
    place, add = unipen
    add("1a", "apa/loop.dat", "456", ink=".INCLUDE apa/data/loop.dat\n" + INK)
    lost = add("1a", "apa/lost.dat", "789")
    (place / "CDROM/train_r01_v07/include/apa/data/lost.dat").unlink()
    rows = list(unipen_rows(place))
    assert lost.exists()
    assert [row["label"] for row in usable(rows)] == [*"456", *"123"]


def test_a_folder_without_unipen_data_is_refused(tmp_path):
    with pytest.raises(UnipenError, match="holds no UNIPEN data"):
        list(unipen_rows(tmp_path))


def test_the_archive_gives_the_same_as_the_folder(unipen, tmp_path_factory):
    place, add = unipen
    add("1d", "kai/a.dat", "+-*")
    add("6", "kai/words.dat", "xyz")
    archive = place / "unipen.tgz"
    with tarfile.open(archive, "w:gz") as files:
        files.add(place / "CDROM", "CDROM")
    unpacked = tmp_path_factory.mktemp("unpacked")
    unpack(archive, unpacked)
    assert list(unipen_rows(unpacked)) == list(unipen_rows(place))
    assert not list(unpacked.rglob("words.dat"))[1:]  # its ink, but not its segments


def test_an_archive_writes_nowhere_else(tmp_path):
    archive, folder = tmp_path / "evil.tar", tmp_path / "folder"
    folder.mkdir()
    with tarfile.open(archive, "w") as files:
        for name in ("include/../../outside.dat", f"{tmp_path}/include/outside.dat"):
            member = tarfile.TarInfo(name)
            member.size = 4
            files.addfile(member, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("include/link.dat")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        files.addfile(link)
    unpack(archive, folder)
    assert not list(tmp_path.rglob("*outside*")) and not list(folder.rglob("*.dat"))


@pytest.mark.parametrize("content", [b"", b"no archive", "cut off"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    archive = tmp_path / "unipen.tgz"
    if content == "cut off":
        with tarfile.open(archive, "w:gz") as files:
            files.add(__file__, "include/test.dat")
        content = archive.read_bytes()[:-500]
    archive.write_bytes(content)
    with pytest.raises(UnipenError, match="unipen.tgz is not a whole tar archive"):
        unpack(archive, tmp_path)


def test_lines_may_end_as_on_windows(tmp_path):
    file = tmp_path / "pendigits-orig.tra"
    file.write_bytes(UCI.replace("\n", "\r\n").encode())
    assert len(read(file).components) == 3
    assert [row["label"] for row in usable(uci_rows(file))] == ["1", "7"]
