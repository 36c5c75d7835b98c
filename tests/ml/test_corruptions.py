import numpy as np
import pytest
from PIL import Image

from ml import corruptions, runtime
from ml.corruptions import CORRUPTIONS, __main__, corrupt, sheets
from ml.preprocessing import preprocess
from tests.support.digits import ink, make_data

KINDS = pytest.mark.parametrize("kind", CORRUPTIONS)


@pytest.fixture(scope="module")
def network():
    return runtime.Network.load(runtime.bundled())


def rng(seed=0):
    return np.random.default_rng(seed)


def drawing(digit=3, canvas=144, fraction=0.6, **placed):
    return ink(digit, canvas=canvas, pen=canvas / 14, fraction=fraction, **placed)


@KINDS
@pytest.mark.parametrize("shape", [(96, 96), (144, 120), (150, 280), (1000, 1000)])
def test_every_kind_gives_a_picture_in_colour(kind, shape):
    digit = drawing(canvas=min(shape))
    picture = CORRUPTIONS[kind](np.pad(digit, [(0, side - len(digit)) for side in shape]), rng())
    assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3
    assert min(picture.shape[:2]) >= 8 and np.ptp(picture) > 20


@KINDS
def test_the_same_seed_gives_the_same_picture_and_another_does_not(kind):
    first, again, other = (CORRUPTIONS[kind](drawing(), rng(seed)) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@KINDS
def test_the_drawing_is_left_as_it_was(kind):
    original = drawing()
    before = original.copy()
    CORRUPTIONS[kind](original, rng())
    assert np.array_equal(original, before)


@KINDS
def test_the_digit_can_still_be_read(kind, network):
    digit = drawing(5, canvas=280, fraction=0.5, center=(0.37, 0.42))
    seen = [preprocess(CORRUPTIONS[kind](digit, rng(seed))) for seed in range(15)]
    right = sum(prediction.digit == 5 for prediction in network.predict(np.stack(seen)))
    assert right >= 12


def test_a_random_corruption_is_of_any_kind_and_at_times_two(monkeypatch):
    seen = []

    def noted(name):
        def corruption(drawing, rng):
            seen.append(name)
            return np.zeros((10, 10, 3), np.uint8)

        return corruption

    monkeypatch.setattr(corruptions, "CORRUPTIONS", {name: noted(name) for name in CORRUPTIONS})
    chance = rng()
    two = 0
    for _ in range(1500):
        before = len(seen)
        corrupt(drawing(canvas=96), chance)
        two += len(seen) == before
    assert set(seen) == set(CORRUPTIONS)
    assert 0.2 < two / 1500 < 0.4


def test_tiny_pictures_have_many_sizes_and_far_ones_are_larger():
    sizes = {CORRUPTIONS["tiny"](drawing(), rng(seed)).shape[0] for seed in range(60)}
    assert min(sizes) <= 12 and 48 <= max(sizes) <= 64
    far = CORRUPTIONS["far away"](drawing(), rng())
    assert far.shape[0] > 1.4 * 144


def test_a_sheet_shows_a_row_for_each_kind(tmp_path, capsys):
    data = make_data(tmp_path)
    file = tmp_path / "new" / "sheet.png"
    first = None
    for seed, same in ((0, None), (0, True), (1, False)):
        __main__.main(["--data", str(data), "--output", str(file), "--seed", str(seed)])
        content = file.read_bytes()
        assert same is None or (content == first) == same
        first = first or content
    with Image.open(file) as image:
        assert image.height == len(CORRUPTIONS) * (__main__._TILE + __main__._GAP)
    assert f"Drew {len(CORRUPTIONS)} corruptions of 10 drawings" in capsys.readouterr().out


def test_a_sheet_without_data_says_what_is_missing(tmp_path):
    with pytest.raises(SystemExit, match="ml.corruptions: .*pen-digits"):
        __main__.main(["--data", str(tmp_path), "--output", str(tmp_path / "sheet.png")])
    assert not (tmp_path / "sheet.png").exists()


def test_ruled_paper_has_level_lines_and_squared_paper_upright_ones_too():
    level, upright = 0.0, 0.0
    for seed in range(30):
        sheet = sheets.ruled(np.zeros((280, 280), np.uint8), rng(seed)).mean(axis=2)
        level, upright = level + sheet.mean(axis=1).std(), upright + sheet.mean(axis=0).std()
    assert level > 2 * upright
    for seed in range(30):
        sheet = sheets.squared(np.zeros((280, 280), np.uint8), rng(seed)).mean(axis=2)
        level, upright = level + sheet.mean(axis=1).std(), upright + sheet.mean(axis=0).std()
    assert level < 2 * upright
