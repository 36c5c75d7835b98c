import numpy as np
import pytest

from ml import corruptions
from tests.support.digits import ink


@pytest.mark.parametrize("side", [96, 280])
@pytest.mark.parametrize("kind", corruptions.CORRUPTIONS)
def test_each_kind_makes_another_picture_of_the_same_drawing(kind, side):
    drawing = ink(5, canvas=side, pen=max(2, side // 20))
    before = drawing.copy()
    made = [
        corruptions.CORRUPTIONS[kind](drawing, np.random.default_rng(seed)) for seed in (0, 0, 1)
    ]
    assert all(picture.dtype == np.uint8 and picture.shape[2:] == (3,) for picture in made)
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    assert np.array_equal(drawing, before)
    blank = corruptions.CORRUPTIONS[kind](drawing * 0 + 1, np.random.default_rng(0))
    assert kind == "tiny" or not np.array_equal(made[0], blank)


def test_every_kind_has_its_turn():
    drawing, chance = ink(5, canvas=96, pen=5), np.random.default_rng(0)
    shapes = {corruptions.corrupt(drawing, chance).shape for _ in range(80)}
    assert len(shapes) > 10
