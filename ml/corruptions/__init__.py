"""Drawings as cameras and scanners have them: light, paper, ruling, framing and compression.

To learn to read such pictures, and to measure how well they are read. A picture of 144 px takes
about a millisecond.
"""

from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np

from ml.arrays import Float32Array, UInt8Array
from ml.corruptions import camera, sheets
from ml.glyphs import Random

Corruption = Callable[[UInt8Array, Random], UInt8Array]
Sheet = Callable[[UInt8Array, Random], Float32Array]
Effect = Callable[[Float32Array, Random], Float32Array]
Kind = TypeVar("Kind")

# How often a sheet that is special itself is also seen in a special way.
TWO = 0.3
LOW_QUALITY = (8, 36)  # of JPEG, from 0 to 100

SHEETS: dict[str, Sheet] = {
    "plain": sheets.plain,
    "pencil": sheets.pencil,
    "chalk": sheets.chalk,
    "ruled": sheets.ruled,
    "squared": sheets.squared,
    "dotted": sheets.dotted,
    "margin line": sheets.margin,
    "form lines": sheets.form_lines,
    "box": sheets.box,
    "specks": sheets.specks,
    "bleed-through": sheets.bleed_through,
    "tight crop": sheets.tight,
    "far away": sheets.far_away,
}
EFFECTS: dict[str, Effect] = {
    "gradient": camera.gradient,
    "vignette": camera.vignette,
    "hand shadow": camera.hand_shadow,
    "low light": camera.low_light,
    "blur": camera.blur,
    "salt and pepper": camera.salt_and_pepper,
    "fold": camera.fold,
    "dark frame": camera.dark_frame,
    "padded scan": camera.padded,
    "turned scan": camera.turned,
    "desk": camera.desk,
}


def corrupt(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """Make a picture of a drawing with a random corruption, at times with two.

    drawing: uint8 (height, width), 0 for paper to 255 for ink, as from `ml.strokes.render`.
    Returns uint8 (height, width, 3) in RGB, of another size where the kind changes it.
    """
    if rng.random() < TWO:
        sheet, effect = _any(SHEETS, rng), _any(EFFECTS, rng)
        return _photograph(sheet, effect)(drawing, rng)
    return _any(CORRUPTIONS, rng)(drawing, rng)


def _any(kinds: dict[str, Kind], rng: Random) -> Kind:
    return list(kinds.values())[rng.integers(len(kinds))]


def _photograph(sheet: Sheet, effect: Effect | None = None) -> Corruption:
    def corruption(drawing: UInt8Array, rng: Random) -> UInt8Array:
        picture = sheet(drawing, rng)
        return camera.encode(effect(picture, rng) if effect else picture, rng)

    return corruption


def low_quality(drawing: UInt8Array, rng: Random) -> UInt8Array:
    return camera.encode(sheets.plain(drawing, rng), rng, LOW_QUALITY)


def plot(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """The drawing as a plotting library shows an array: in a frame, with ticks and numbers."""
    height, width = drawing.shape
    inside = drawing if rng.random() < 0.7 else 255 - drawing
    room = int(rng.uniform(0.2, 0.35) * height)
    page = np.pad(inside, room, constant_values=255)
    cv2.rectangle(page, (room - 1, room - 1), (room + width, room + height), 0, 1)
    size = height / 900
    for tick in range(6):
        x, y = room + tick * width // 6, room + tick * height // 6
        cv2.line(page, (room - 1 - room // 10, y), (room - 1, y), 0, 1)
        cv2.line(page, (x, room + height), (x, room + height + room // 10), 0, 1)
        for at in ((room // 3, y + room // 12), (x - room // 12, height + room + room // 2)):
            cv2.putText(page, str(tick * 5), at, cv2.FONT_HERSHEY_SIMPLEX, size, 0, 1, cv2.LINE_AA)
    return np.repeat(page[..., None], 3, axis=2)


def tiny(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """A picture of 8 to 64 px, as of a data set or a captcha, light on dark as often."""
    share = rng.uniform(0.7, 0.95)
    cropped = sheets.crop(drawing, 0)
    height, width = cropped.shape
    side = round(max(height, width) / share)
    square = np.pad(cropped, [_around(side - height), _around(side - width)])
    small = _reduce(square, round(float(np.exp(rng.uniform(np.log(8), np.log(65))))), rng)
    if rng.random() < 0.3:
        return np.clip(sheets.plain(small, rng), 0, 255).astype(np.uint8)
    low, high = rng.uniform(0, 60), rng.uniform(180, 255)
    grey = np.interp(small, (0, 255), (low, high) if rng.random() < 0.5 else (high, low))
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def _around(more: int) -> tuple[int, int]:
    return more // 2, more - more // 2


def _reduce(square: UInt8Array, side: int, rng: Random) -> UInt8Array:
    side = min(max(side, 8), 64)
    # Below some size, single pixels of a line tell no digit any more.
    ways = [cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_NEAREST] if side >= 20 else [cv2.INTER_AREA]
    return np.asarray(
        cv2.resize(square, (side, side), interpolation=ways[rng.integers(len(ways))]), np.uint8
    )


CORRUPTIONS: dict[str, Corruption] = {
    **{name: _photograph(sheet) for name, sheet in SHEETS.items()},
    **{name: _photograph(sheets.plain, effect) for name, effect in EFFECTS.items()},
    "low quality": low_quality,
    "plot": plot,
    "tiny": tiny,
}
