"""How else people write a digit: marks added to what somebody drew, and shapes drawn anew.

MNIST and the pen drawings have too few zeros struck through, sevens with a bar, ones with a flag or
a foot, fives whose roof stands off, and so on.
"""

from collections.abc import Callable

import numpy as np

from ml.arrays import FloatArray
from ml.glyphs import Glyph, Random, curve, glyph, line
from ml.strokes import Strokes

Style = Callable[[Strokes, Random], Strokes]


def vary_style(strokes: Strokes, digit: int, rng: Random) -> Strokes:
    """Sometimes write the digit in another style; a style that does not suit changes nothing."""
    chance = rng.random()
    for part, style in STYLES[digit]:
        chance -= part
        if chance < 0:
            return style(strokes, rng)
    return strokes


def box(strokes: Strokes) -> tuple[FloatArray, FloatArray]:
    """Return the middle, and width and height."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, high - low


def _drawn(*glyphs: Glyph) -> Style:
    """Return the style that draws one of these in place of what was drawn."""

    def style(strokes: Strokes, rng: Random) -> Strokes:
        return glyphs[rng.integers(len(glyphs))].draw(rng)

    return style


def _slashed(strokes: Strokes, rng: Random) -> Strokes:
    """Strike a zero through at any angle, within it or far beyond, perhaps in one stroke."""
    middle, (width, height) = box(strokes)
    if len(strokes) > 1 or not 0.35 < width / max(height, 1) < 1.3:
        return strokes
    slope = rng.choice(_SLASHES) + rng.normal(0, 0.2)
    # From the middle to the ring, and beyond.
    end = np.array([width * np.cos(slope), -height * np.sin(slope)]) / 2
    start, end = middle - end * rng.uniform(0.5, 1.7), middle + end * rng.uniform(0.5, 1.7)
    bend = rng.normal(0, 0.06, 2) * height
    slash = curve(np.stack([start, (start + end) / 2 + bend, end]) + rng.normal(0, 0.04) * width)
    if rng.random() < 0.25:
        ring = strokes[0]
        near, far = (np.linalg.norm(ring[-1] - point) for point in (slash[0], slash[-1]))
        return [np.concatenate([ring, slash if near < far else slash[::-1]])]
    return [*strokes, slash]


# Slanting as in "/" the most, then as in "\", upright and level.
_SLASHES = np.deg2rad([45, 45, 60, 30, -45, 90, 90, 0])


def _barred(strokes: Strokes, rng: Random) -> Strokes:
    """Bar a seven's stem, anywhere from under the roof to low down; a bar it has is moved."""
    stem = strokes[0]
    height = np.ptp(stem[:, 1])
    if len(strokes) > 2 or stem[-1, 1] < stem[:, 1].min() + 0.7 * height:
        return strokes
    y = stem[:, 1].min() + rng.uniform(0.3, 0.78) * height
    crossed = np.flatnonzero((stem[:-1, 1] < y) & (stem[1:, 1] >= y))
    if not len(crossed):
        return strokes
    (x0, y0), (x1, y1) = stem[crossed[-1]], stem[crossed[-1] + 1]
    x = x0 + (x1 - x0) * (y - y0) / (y1 - y0) + rng.normal(0, 0.04) * height
    reach, tilt = rng.uniform(0.12, 0.4, 2) * height, rng.normal(0, 0.22)
    return [stem, line((x - reach[0], y + reach[0] * tilt), (x + reach[1], y - reach[1] * tilt))]


def _hooked_seven(strokes: Strokes, rng: Random) -> Strokes:
    """Begin a seven with a serif that comes up, or down, to its roof."""
    first, height = strokes[0], np.ptp(strokes[0][:, 1])
    left = first[0, 0] < first[:, 0].mean() and first[0, 1] < first[:, 1].min() + 0.3 * height
    if not left:
        return strokes
    serif = first[0] + np.array([rng.normal(0, 0.04), rng.uniform(0.08, 0.3)]) * height
    hooked = [np.concatenate([line(serif, first[0]), first]), *strokes[1:]]
    return _barred(hooked, rng) if rng.random() < 0.3 else hooked


def _stem(strokes: Strokes) -> FloatArray | None:
    """Return a plain one, downwards, or None for any other."""
    width, height = box(strokes)[1]
    if len(strokes) > 1 or width > 0.3 * height:
        return None
    return strokes[0] if strokes[0][0, 1] < strokes[0][-1, 1] else strokes[0][::-1]


def _flagged(strokes: Strokes, rng: Random) -> Strokes:
    """Lead a line up to a one's top, in the same stroke or in one of its own."""
    stem = _stem(strokes)
    if stem is None:
        return strokes
    height = np.ptp(stem[:, 1])
    length = rng.uniform(0.12, 0.65)
    slope = rng.uniform(0.3 + 0.6 * length, 1.35)  # the longer, the more like a roof
    start = stem[0] + np.array([-np.cos(slope), np.sin(slope)]) * length * height
    bend = rng.normal(0, 0.03, 2) * height
    flag = curve(np.stack([start, (start + stem[0]) / 2 + bend, stem[0]]))
    return [np.concatenate([flag, stem])] if rng.random() < 0.6 else [flag, stem]


def _footed(strokes: Strokes, rng: Random) -> Strokes:
    """Stand a one on a line, level or curved, in the same stroke or in one of its own."""
    stem = _stem(strokes)
    if stem is None:
        return strokes
    height, bottom = np.ptp(stem[:, 1]), stem[-1]
    left, right = rng.uniform(0.1, 0.45, 2) * height
    ends = rng.normal(0, 0.04, 2) * height
    points = bottom + np.array(
        [(-left, ends[0]), (0, rng.normal(0, 0.03) * height), (right, ends[1])]
    )
    foot = curve(points)
    chance = rng.random()
    if chance < 0.25:  # to the left and back over it
        return [np.concatenate([stem, foot])]
    if chance < 0.35:
        return [np.concatenate([stem, foot[::-1]])]
    return [stem, foot]


def _flagged_and_footed(strokes: Strokes, rng: Random) -> Strokes:
    footed = _footed(strokes, rng)
    stem = footed[0]
    flagged = _flagged([stem], rng) if len(footed) == 2 else [stem]
    return [*flagged, *footed[1:]]


def _curled_tail(strokes: Strokes, rng: Random) -> Strokes:
    """Curl a nine's tail to the left and up, as a 3 or a g ends."""
    last, height = strokes[-1], box(strokes)[1][1]
    if len(strokes) > 1 or last[-1, 1] < last[:, 1].max() - 0.15 * height:
        return strokes
    turn = np.linspace(0, rng.uniform(1.5, 5), 14)[1:]
    radius = rng.uniform(0.12, 0.3) * height * np.linspace(1, rng.uniform(0.5, 1), 13)
    arc = np.stack([(np.cos(turn) - 1) * radius * rng.uniform(0.9, 1.6), np.sin(turn) * radius], 1)
    return [np.concatenate([last, last[-1] + arc.astype(np.float32)])]


def _loose_roof(strokes: Strokes, rng: Random) -> Strokes:
    """Move the roof of a five that is a stroke of its own: it crosses the stem or misses it."""
    if len(strokes) != 2:
        return strokes
    (middle, size), (roof_middle, roof) = box(strokes), box(strokes[1:])
    if roof[0] < 1.5 * roof[1] or roof_middle[1] > middle[1]:
        return strokes
    longer = np.array([rng.uniform(0.7, 1.6), 1])
    move = np.array([rng.normal(-0.08, 0.12), rng.normal(0, 0.08)]) * size.max()
    moved = (strokes[1] - roof_middle) * longer + roof_middle + move
    return [strokes[0], moved.astype(np.float32)]


_plain_one = _drawn(glyph("0,0 0,100"))
# With so short and level a roof people differ. Drawn as often for the one as for the other, it
# teaches the network to say that both are likely.
_one_or_seven = _drawn(
    glyph("0,6! 30,0! 26,100", sharp=True),
    glyph("0,14 18,4 38,0! 20,100"),
    glyph("0,2! 34,0! 34,100"),
    glyph("0,16 30,0! 8,100"),
)

STYLES: list[list[tuple[float, Style]]] = [
    [(0.25, _slashed)],
    [
        (0.15, _flagged),
        (0.12, _footed),
        (0.1, _flagged_and_footed),
        (0.06, _plain_one),
        (0.03, _one_or_seven),
    ],
    [
        (
            0.08,
            _drawn(
                # With a loop at the foot, small, large and long, and with none.
                glyph("2,22 28,0 56,22 34,62 8,95 2,84 14,78 34,94 66,92"),
                glyph("0,20 30,0 60,24 40,60 14,98 -4,84 14,66 40,88 80,92"),
                glyph("6,28 2,10 30,0 58,22 30,70 4,88 0,96 12,96 30,86 50,96 70,90"),
                glyph("2,24 28,0 58,22 36,60 0,98! 66,96"),
                glyph("4,14 34,0 54,20 44,48 2,96! 30,88 62,100 74,90"),
            ),
        )
    ],
    [
        (
            0.1,
            _drawn(
                # With a flat top, as a Z begins; with a loop in the middle.
                glyph("4,2! 58,0! 26,38! 54,52 56,82 30,100 0,90"),
                glyph("0,0! 62,2! 22,44! 48,46 64,70 44,98 4,94"),
                glyph("8,12! 10,2! 60,0! 24,40! 58,56 52,90 22,100 -2,84"),
                glyph("2,14 26,0 50,14 36,40 16,48 16,40 34,44 60,66 42,98 0,92"),
                glyph("4,4 44,2 50,22 20,44! 56,54 54,90 20,100 0,88"),
            ),
        )
    ],
    [
        (
            0.14,
            _drawn(
                # Closed, in one stroke and in two; open, in one stroke and in two.
                glyph("52,100! 52,0! 0,64! 72,64"),
                glyph("72,64! 0,62! 50,0! 52,100"),
                glyph("44,0! 0,62! 72,60; 46,2! 44,100", sharp=True),
                glyph("48,2 0,56! 64,54! 58,16! 50,100"),
                glyph("8,0! 2,54! 68,54; 48,8! 44,100", sharp=True),
                glyph("10,0 0,48 30,56 56,46! 58,0! 52,100"),
                glyph("16,0! 0,56! 70,54! 50,20! 46,100", sharp=True),
                glyph("10,4 4,34 20,48 50,40; 60,0! 46,100"),
                glyph("30,0! 0,54! 80,56; 50,34! 46,100", sharp=True),
            ),
        )
    ],
    [
        (0.25, _loose_roof),
        (
            0.08,
            _drawn(
                # A roof that crosses the stem, misses it, hangs over; all in one stroke.
                glyph("8,4! 4,44! 40,36 60,64 38,98 0,92; -14,6! 60,2"),
                glyph("12,10! 6,44! 44,40 58,70 34,100 0,88; 22,0! 66,-4"),
                glyph("10,-12! 6,42! 36,36 58,62 40,96 0,94; -8,2! 64,4"),
                glyph("62,0! 12,2! 4,42! 40,36 60,66 36,100 0,90"),
                glyph("58,4! 14,0 2,22 20,42 52,58 48,92 20,100 0,88"),
            ),
        ),
    ],
    [
        (
            0.1,
            _drawn(
                # A long straight stem, slanting or upright, and a small or a large bowl.
                glyph("58,0 26,44 4,80 22,100 48,88 46,68 22,66 6,82"),
                glyph("8,0 2,70 18,98 46,94 52,74 30,64 4,78"),
                glyph("4,0! 2,94! 34,100 52,80 38,62 4,70"),
                glyph("40,-20 16,40 4,84 20,100 40,90 34,74 10,80"),
                glyph("70,4 30,12 2,58 16,98 52,92 56,66 28,58 4,72"),
            ),
        )
    ],
    [
        (0.22, _barred),
        (0.08, _hooked_seven),
        (0.03, _one_or_seven),
        (
            0.08,
            _drawn(
                # From the stem's end back up and across it; a bar that turns into the stem.
                glyph("0,6! 60,2! 40,48 28,100! 4,62 12,54 60,48"),
                glyph("0,4! 64,0! 44,44 32,100! 10,76 8,60 58,62"),
                glyph("2,8! 0,0! 60,2! 42,46 20,96 6,86 14,70 56,64"),
                glyph("0,6! 60,0! 44,36 16,54 12,44 58,46 40,60 28,100"),
            ),
        ),
    ],
    [
        (
            0.12,
            _drawn(
                # Two rings, apart, touching and overlapping; open at the top.
                glyph("28,0 6,22 28,46 50,24 28,0; 28,46 0,74 28,100 56,72 28,46"),
                glyph("30,0 10,18 30,38 50,18 30,0; 26,44 2,72 28,100 56,74 30,42"),
                glyph("28,0 4,26 28,54 54,26 26,2; 30,46 4,72 28,100 54,72 26,48"),
                glyph("50,8 26,0 6,20 30,44 54,72 30,100 4,78 24,48 56,10"),
                glyph("44,0 8,8 12,36 44,58 50,86 26,100 4,84 16,58 56,16"),
                glyph("22,2 8,20 30,46 50,76 28,100 4,78 24,48 50,20 40,0"),
            ),
        )
    ],
    [
        (0.1, _curled_tail),
        (
            0.1,
            _drawn(
                # A tail that is straight, hooked, curled as a 3's, closed as a g's; an open head.
                glyph("54,10 26,0 2,22 20,44 50,30! 56,6! 54,100"),
                glyph("56,12 28,0 2,20 24,44 54,24 58,54 48,92 20,100 2,86"),
                glyph("52,14 28,0 4,18 22,38 52,20 62,60 40,96 6,92 2,76 20,74"),
                glyph("54,10 24,0 2,20 24,40 54,14 56,70 32,100 4,88 20,70 66,56"),
                glyph("40,4 8,8 6,30 32,38 54,16 52,60 30,98 0,90"),
                glyph("56,4 20,2 2,20 20,40 54,28; 56,0! 50,100"),
            ),
        ),
    ],
]
