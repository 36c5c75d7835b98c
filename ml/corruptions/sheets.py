"""Sheets of paper that a digit is written on, with what is printed on them and lies on them.

Each function takes a drawing uint8 (height, width), 0 for paper to 255 for ink, and gives a sheet
float32 (height, width, 3) in RGB, which may be larger, so that nothing printed hides the ink.
"""

from functools import cache

import cv2
import numpy as np

from ml.arrays import Float32Array, UInt8Array
from ml.glyphs import Random

Color = tuple[float, float, float]

PAPERS: tuple[Color, ...] = (
    (250, 250, 248),
    (236, 236, 232),
    (224, 220, 208),
    (243, 232, 205),
    (205, 205, 205),
    (248, 228, 120),  # a sticky note
    (190, 215, 235),
    (235, 195, 200),
    (195, 220, 180),
    (196, 164, 120),  # a paper bag
)
INKS: tuple[Color, ...] = (
    (25, 35, 120),
    (20, 60, 170),
    (30, 30, 35),
    (60, 60, 65),
    (150, 25, 35),
    (15, 90, 55),
    (75, 30, 100),
)
PRINTED: tuple[Color, ...] = ((90, 120, 190), (120, 120, 120), (90, 160, 170), (205, 120, 125))
BOARDS: tuple[Color, ...] = ((40, 70, 55), (30, 32, 34), (35, 50, 70))
_PLAIN = 0.5  # how often the paper is one of the whiter ones, as it mostly is
_TEXTURE = 1024  # side of the prepared textures, in pixels


def plain(drawing: UInt8Array, rng: Random) -> Float32Array:
    return write(blank(drawing.shape, rng), drawing, rng)


def blank(shape: tuple[int, ...], rng: Random) -> Float32Array:
    """Paper of some colour, with its grain and blotches."""
    which = rng.integers(3 if rng.random() < _PLAIN else len(PAPERS))
    color = np.array(PAPERS[which], np.float32) + rng.normal(0, 4, 3).astype(np.float32)
    grain = texture("fine", shape, rng) * np.float32(rng.uniform(0.3, 4))
    grain += texture("coarse", shape, rng) * np.float32(rng.uniform(0, 5))
    return color + grain[..., None]


def write(
    sheet: Float32Array, drawing: UInt8Array, rng: Random, color: Color | None = None
) -> Float32Array:
    """Put the drawing on a sheet of its size, in some ink."""
    return mix(sheet, drawing * np.float32(1 / 255), color or INKS[rng.integers(len(INKS))])


def mix(sheet: Float32Array, cover: Float32Array, color: Color) -> Float32Array:
    """Cover the sheet with a colour.

    cover: float32 (height, width), 0 to leave it to 1 to hide it.
    """
    return sheet + (np.array(color, np.float32) - sheet) * cover[..., None]


def texture(kind: str, shape: tuple[int, ...], rng: Random) -> Float32Array:
    """A random part of a texture of variance 1, turned over: float32 (height, width).

    kind: "fine", from pixel to pixel; "coarse", over some pixels; or "streaks", along rows.
    """
    height, width = shape[:2]
    whole = _texture(kind)
    more = max(height, width) - _TEXTURE
    if more > 0:
        whole = np.pad(whole, (0, more), mode="symmetric" if more <= _TEXTURE else "wrap")
    y = int(rng.integers(whole.shape[0] - height + 1))
    x = int(rng.integers(whole.shape[1] - width + 1))
    flip_y, flip_x = (1 if turn else -1 for turn in rng.random(2) < 0.5)
    return whole[y : y + height, x : x + width][::flip_y, ::flip_x]


@cache
def _texture(kind: str) -> Float32Array:
    rng = np.random.default_rng(0)
    cells = {"fine": (1, 1), "coarse": (8, 8), "streaks": (2, 128)}[kind]
    size = tuple(_TEXTURE // cell for cell in cells)
    noise = rng.normal(0, 1, size).astype(np.float32)
    large = cv2.resize(noise, (_TEXTURE, _TEXTURE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large / large.std(), np.float32)


def pencil(drawing: UInt8Array, rng: Random) -> Float32Array:
    """A pencil is pale and leaves the pits of the paper out."""
    grey = rng.uniform(55, 95)
    strength = drawing * np.float32(rng.uniform(0.4, 0.8) / 255)
    sheet = blank(drawing.shape, rng)
    return mix(sheet, strength * _worn(drawing.shape, rng), (grey, grey, grey + 3))


def chalk(drawing: UInt8Array, rng: Random) -> Float32Array:
    """Chalk on a wiped blackboard."""
    board = np.array(BOARDS[rng.integers(len(BOARDS))], np.float32)
    wiped = texture("coarse", drawing.shape, rng) * np.float32(rng.uniform(1, 5))
    sheet = board + (texture("fine", drawing.shape, rng) * np.float32(4) + wiped)[..., None]
    color: Color = (235, 235, 230) if rng.random() < 0.8 else (240, 225, 130)
    strength = drawing * np.float32(rng.uniform(0.7, 0.95) / 255)
    return mix(sheet, strength * _worn(drawing.shape, rng), color)


def _worn(shape: tuple[int, ...], rng: Random) -> Float32Array:
    """How much of a dry line sticks to each pixel, from 0 to 1."""
    grain = texture("fine", shape, rng) + texture("coarse", shape, rng) * np.float32(0.5)
    return np.clip(grain * 0.6 + np.float32(rng.uniform(0.8, 1.3)), 0, 1)


def ruled(drawing: UInt8Array, rng: Random) -> Float32Array:
    pitch = rng.uniform(0.08, 0.28) * len(drawing)
    return write(_printed(drawing.shape, rng, [(0, pitch)]), drawing, rng)


def squared(drawing: UInt8Array, rng: Random) -> Float32Array:
    pitch = rng.uniform(0.045, 0.15) * len(drawing)
    return write(_printed(drawing.shape, rng, [(0, pitch), (1, pitch)]), drawing, rng)


def _printed(shape: tuple[int, ...], rng: Random, rules: list[tuple[int, float]]) -> Float32Array:
    """Paper with printed lines, a little turned.

    rules: of each set of parallel lines, the axis across them and their distance in pixels.
    """
    size = shape[:2]
    thickness = max(1.0, rng.uniform(0.002, 0.008) * size[0])
    turn = float(np.clip(rng.normal(0, np.deg2rad(1.5)), -0.08, 0.08))
    cover = np.zeros(size, np.float32)
    for axis, pitch in rules:
        pitch = max(pitch, 5 * thickness)
        along, across = axes(size)[:: -1 if axis else 1]
        position = across + along * np.float32(-turn if axis else turn)
        phase = (position + np.float32(rng.uniform(0, pitch))) % np.float32(pitch)
        distance = np.minimum(phase, np.float32(pitch) - phase)
        np.maximum(cover, np.clip(np.float32(thickness / 2 + 0.5) - distance, 0, 1), out=cover)
    cover *= np.float32(rng.uniform(0.15, 0.8))
    return mix(blank(shape, rng), cover, PRINTED[rng.integers(len(PRINTED))])


def axes(size: tuple[int, ...]) -> tuple[Float32Array, Float32Array]:
    """How far each pixel is from the middle, float32: x (1, width) and y (height, 1)."""
    x, y = (np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in (size[1], size[0]))
    return x[None], y[:, None]


def dotted(drawing: UInt8Array, rng: Random) -> Float32Array:
    """Paper with a dot at each crossing of a grid."""
    size = drawing.shape
    pitch = np.float32(max(rng.uniform(0.06, 0.16) * size[0], 7))
    x, y = ((axis + pitch * 9) % pitch - pitch / 2 for axis in axes(size))
    radius = max(0.8, rng.uniform(0.004, 0.008) * size[0])
    cover = np.clip(np.float32(radius + 0.5) - np.hypot(x, y), 0, 1)
    cover *= np.float32(rng.uniform(0.3, 0.9))
    return write(mix(blank(size, rng), cover, (110, 110, 115)), drawing, rng)


def margin(drawing: UInt8Array, rng: Random) -> Float32Array:
    """The upright line of an exercise book, left or right of the digit."""
    drawing = roomy(drawing, 0.1)
    height, width = drawing.shape
    x, _, ink_width, _ = cv2.boundingRect(drawing)
    left, right = rng.uniform(0.1, 0.9) * x, width - rng.uniform(0.1, 0.9) * (width - x - ink_width)
    position = left if rng.random() < 0.5 else right
    cover = np.zeros_like(drawing)
    lean = rng.normal(0, 0.01) * height
    ends = [(position - lean, 0), (position + lean, height)]
    _line(cover, ends, rng.uniform(0.003, 0.01) * height)
    color = (rng.uniform(170, 225), rng.uniform(60, 140), rng.uniform(60, 140))
    return write(mix(blank(cover.shape, rng), cover * np.float32(0.9 / 255), color), drawing, rng)


def form_lines(drawing: UInt8Array, rng: Random) -> Float32Array:
    """Parts of a form's lines along one to three edges, as a crop leaves them."""
    drawing = roomy(drawing, 0.1)
    height, width = drawing.shape
    cover = np.zeros_like(drawing)
    thickness = rng.uniform(0.004, 0.02) * height
    for edge in rng.permutation(4)[: rng.integers(1, 4)]:
        near, far = rng.uniform(0, 0.07, 2)
        ends = np.array([(0, near), (1, far)] if edge < 2 else [(near, 0), (far, 1)])
        if edge % 2:
            ends = 1 - ends
        _line(cover, [(x * width, y * height) for x, y in ends], thickness)
    return _with_print(drawing, cover, rng)


def box(drawing: UInt8Array, rng: Random) -> Float32Array:
    """A printed box round the digit, at times without its top as in a comb of cells."""
    drawing = roomy(drawing, 0.12)
    height, width = drawing.shape
    x, y, ink_width, ink_height = cv2.boundingRect(drawing)
    outer = np.array([[0, 0], [0, height], [width, height], [width, 0]])
    inner = np.array([[0, 0], [0, ink_height], [ink_width, ink_height], [ink_width, 0]]) + (x, y)
    corners = outer + (inner - outer) * rng.uniform(0.15, 0.8, (4, 1))
    corners[[0, 1], 0], corners[[2, 3], 0] = corners[:2, 0].mean(), corners[2:, 0].mean()
    corners[[0, 3], 1], corners[[1, 2], 1] = corners[[0, 3], 1].mean(), corners[1:3, 1].mean()
    corners = corners + rng.normal(0, 0.004 * height, (4, 2))
    is_open = rng.random() < 0.2
    cover = np.zeros_like(drawing)
    thickness = rng.uniform(0.004, 0.022) * height
    _line(cover, [*corners] if is_open else [*corners, corners[0]], thickness)
    return _with_print(drawing, cover, rng)


def _with_print(drawing: UInt8Array, cover: UInt8Array, rng: Random) -> Float32Array:
    """The drawing on paper with black or coloured print."""
    grey = rng.uniform(0, 110)
    color = (grey, grey, grey) if rng.random() < 0.7 else PRINTED[rng.integers(len(PRINTED))]
    return write(mix(blank(drawing.shape, rng), cover * np.float32(1 / 255), color), drawing, rng)


def _line(cover: UInt8Array, points: list[tuple[float, float]], thickness: float) -> None:
    fixed = np.rint(np.array(points) * 16).astype(np.int32)
    cv2.polylines(cover, [fixed], False, 255, max(1, round(thickness)), cv2.LINE_AA, 4)


def roomy(drawing: UInt8Array, share: float) -> UInt8Array:
    """The drawing with at least so much paper on each side of the ink, of its height."""
    height, width = drawing.shape
    room = int(share * height) + 1
    x, y, ink_width, ink_height = cv2.boundingRect(drawing)
    sides = (y, height - y - ink_height, x, width - x - ink_width)
    top, bottom, left, right = (max(room - side, 0) for side in sides)
    return np.pad(drawing, ((top, bottom), (left, right)))


def specks(drawing: UInt8Array, rng: Random) -> Float32Array:
    """Dust and hairs, mostly near the edges."""
    drawing = roomy(drawing, 0.06)
    height, width = drawing.shape
    cover = np.zeros_like(drawing)
    for _ in range(rng.integers(2, 16)):
        point = rng.random(2)
        if rng.random() < 0.8:
            point[rng.integers(2)] = rng.uniform(0, 0.12) + (0.88 if rng.random() < 0.5 else 0)
        x, y = point * (width, height)
        size = rng.uniform(0.002, 0.008) * height
        if rng.random() < 0.15:
            bend = rng.normal(0, 0.04 * height, (3, 2)).cumsum(axis=0) + (x, y)
            _line(cover, [*bend], size / 2)
        else:
            middle = (int(x * 16), int(y * 16))
            cv2.circle(cover, middle, max(8, int(size * 16)), 255, -1, cv2.LINE_AA, 4)
    grey = rng.uniform(0, 90)
    return mix(plain(drawing, rng), cover * np.float32(1 / 255), (grey, grey, grey))


def bleed_through(drawing: UInt8Array, rng: Random) -> Float32Array:
    """Something written on the back shines through, in a mirror."""
    height, width = drawing.shape
    x, y = width * rng.uniform(0.6, 1.4), height * rng.normal(0, 0.2)
    back = cv2.warpAffine(drawing, np.array([[-1, 0, x], [0, 1, y]]), (width, height))
    back = cv2.GaussianBlur(back, (0, 0), rng.uniform(0.003, 0.01) * height)
    faint = np.asarray(back, np.float32) * np.float32(rng.uniform(0.06, 0.18) / 255)
    return write(mix(blank(drawing.shape, rng), faint, (110, 110, 130)), drawing, rng)


def tight(drawing: UInt8Array, rng: Random) -> Float32Array:
    """Cropped close to the digit."""
    return plain(crop(drawing, float(rng.uniform(0.0, 0.08))), rng)


def crop(drawing: UInt8Array, share: float) -> UInt8Array:
    """The ink's bounding box and so much paper round it, of its longer side."""
    x, y, width, height = cv2.boundingRect(drawing)
    room = int(share * max(width, height)) + 1
    return np.pad(drawing[y : y + height, x : x + width], room)


def far_away(drawing: UInt8Array, rng: Random) -> Float32Array:
    """A small digit on a large sheet."""
    scale = rng.uniform(0.4, 0.7)
    small = np.asarray(
        cv2.resize(drawing, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )
    more = (rng.uniform(1.5, 2.5) - scale) * np.array(drawing.shape)
    before = (rng.random(2) * more).astype(int)
    after = more.astype(int) - before
    return plain(np.pad(small, np.stack([before, after], axis=1)), rng)
