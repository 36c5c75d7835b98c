import numpy as np
import pytest

from ml import glyphs


def test_a_shape_is_drawn_through_its_points_and_differently_each_time(monkeypatch):
    chance = np.random.default_rng(0)
    shape = glyphs.glyph("0,0 50,80 100,0; 10,10")
    first, second = shape.draw(chance), shape.draw(chance)
    assert [len(points) for points in first] == [13, 1]
    assert all(points.dtype == np.float32 for points in first)
    assert not np.allclose(first[0], second[0])
    monkeypatch.setattr(glyphs, "SHAKE", 0)
    stroke, dot = shape.draw(chance)
    assert stroke[[0, 6, 12]].tolist() == [[0, 0], [50, 80], [100, 0]] and dot.tolist() == [
        [10, 10]
    ]


def turn(shape):
    """The sharpest turn of its first stroke, in degrees."""
    steps = np.diff(shape.draw(np.random.default_rng(0))[0], axis=0)
    steps = steps[np.linalg.norm(steps, axis=1) > 1e-3]
    unit = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    return np.degrees(np.arccos(np.clip((unit[1:] * unit[:-1]).sum(axis=1), -1, 1))).max()


def test_only_a_corner_is_sharp(monkeypatch):
    monkeypatch.setattr(glyphs, "SHAKE", 0)
    assert turn(glyphs.glyph("0,0 100,0! 100,100")) == pytest.approx(90, abs=1)
    assert turn(glyphs.glyph("0,0 100,0 100,100", sharp=True)) == pytest.approx(90, abs=1)
    assert turn(glyphs.glyph("0,0 100,0 100,100")) < 45
