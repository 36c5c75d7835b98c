"""What a camera, a scanner or a desk makes of a drawing: pictures to train on and to measure by.

Each takes a drawing, uint8 (height, width), 0 for paper to 255 for ink, as from
`ml.strokes.render`, and returns a picture of it, uint8 (height, width, 3), RGB. Lengths are chosen
as parts of the drawing's height. Compare Hendrycks and Dietterich 2019,
https://arxiv.org/abs/1903.12261.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.arrays import UInt8Array
from ml.styles import Random

Picture = NDArray[Any]  # float (height, width, 3), 0 to 255
Corruption = Callable[[UInt8Array, Random], UInt8Array]

INKS = ((25, 35, 120), (20, 60, 170), (30, 30, 35), (60, 60, 65), (120, 30, 35))
DESKS = ((95, 65, 45), (60, 60, 65), (130, 100, 70), (40, 50, 45), (150, 130, 110), (20, 20, 25))
JPEG_QUALITY = (50, 96)


def corrupt(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """Make one of these pictures of it."""
    names = list(CORRUPTIONS)
    return CORRUPTIONS[names[rng.integers(len(names))]](drawing, rng)


def _paper(shape: tuple[int, ...], rng: Random) -> Picture:
    height, width = shape
    color = rng.uniform(195, 248) + np.array([4, 2, rng.uniform(-12, 2)])
    grain = rng.standard_normal(shape, np.float32) * np.float32(rng.uniform(0.5, 4))
    fibres = rng.normal(0, 3, (height // 8 + 1, width // 8 + 1)).astype(np.float32)
    grain += cv2.resize(fibres, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(color + grain[..., None])


def _written(paper: Picture, drawing: UInt8Array, color: Any) -> Picture:
    coverage = (drawing / np.float32(255))[..., None]
    return paper * (1 - coverage) + np.array(color) * coverage


def _page(drawing: UInt8Array, rng: Random) -> Picture:
    return _written(_paper(drawing.shape, rng), drawing, INKS[rng.integers(len(INKS))])


def _compressed(
    picture: Picture, rng: Random, quality: tuple[int, int] = JPEG_QUALITY
) -> UInt8Array:
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    how = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*quality))]
    _, file = cv2.imencode(".jpg", pixels[..., ::-1], how)
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR_RGB)
    return np.asarray(decoded, np.uint8)


def _from_middle(shape: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """x and y of every pixel, -0.5 to 0.5."""
    height, width = shape
    return np.meshgrid(np.linspace(-0.5, 0.5, width), np.linspace(-0.5, 0.5, height))


def _across(shape: tuple[int, ...], rng: Random) -> NDArray[Any]:
    """The distance of every pixel from a line through the middle, in any direction."""
    x, y = _from_middle(shape)
    angle = rng.uniform(0, 2 * np.pi)
    return np.asarray(x * np.cos(angle) + y * np.sin(angle))


def _pixels(part: float, drawing: UInt8Array) -> int:
    return max(1, round(part * len(drawing)))


def compressed(drawing: UInt8Array, rng: Random) -> UInt8Array:
    return _compressed(_page(drawing, rng), rng, (10, 30))


def uneven_light(drawing: UInt8Array, rng: Random) -> UInt8Array:
    light = rng.uniform(0.6, 0.9) + rng.uniform(0.2, 0.7) * _across(drawing.shape, rng)
    return _compressed(_page(drawing, rng) * light[..., None], rng)


def vignette(drawing: UInt8Array, rng: Random) -> UInt8Array:
    x, y = _from_middle(drawing.shape)
    distance = (x - rng.uniform(-0.15, 0.15)) ** 2 + (y - rng.uniform(-0.15, 0.15)) ** 2
    light = np.clip(1 - rng.uniform(0.7, 1.6) * distance, 0.12, 1)
    return _compressed(_page(drawing, rng) * light[..., None], rng)


def hand_shadow(drawing: UInt8Array, rng: Random) -> UInt8Array:
    softness = rng.uniform(0.005, 0.05)
    far = (_across(drawing.shape, rng) - rng.uniform(0.05, 0.35)) / softness
    shade = 1 / (1 + np.exp(-np.clip(far, -30, 30)))
    light = 1 - rng.uniform(0.3, 0.6) * shade
    return _compressed(_page(drawing, rng) * light[..., None], rng)


def low_light(drawing: UInt8Array, rng: Random) -> UInt8Array:
    noise = rng.standard_normal((*drawing.shape, 3), np.float32) * rng.uniform(2, 6)
    return _compressed(_page(drawing, rng) * rng.uniform(0.12, 0.35) + noise, rng)


def blurred(drawing: UInt8Array, rng: Random) -> UInt8Array:
    sigma = rng.uniform(0.003, 0.009) * len(drawing)
    return _compressed(cv2.GaussianBlur(_page(drawing, rng), (0, 0), sigma), rng)


def folded(drawing: UInt8Array, rng: Random) -> UInt8Array:
    page = _page(drawing, rng)
    fold = int(rng.uniform(0.2, 0.8) * page.shape[1])
    page[:, fold:] *= rng.uniform(0.8, 0.95)
    page[:, fold : fold + _pixels(0.006, drawing)] *= 0.85
    return _compressed(page, rng)


def bled_through(drawing: UInt8Array, rng: Random) -> UInt8Array:
    back = np.roll(drawing[:, ::-1], int(rng.uniform(-0.2, 0.2) * len(drawing)), axis=1)
    soft = cv2.GaussianBlur(back, (0, 0), 0.006 * len(drawing)) * (rng.uniform(0.08, 0.18) / 255)
    page = _page(drawing, rng)
    return _compressed(page + (np.array((120, 120, 140)) - page) * soft[..., None], rng)


def framed(drawing: UInt8Array, rng: Random) -> UInt8Array:
    page, grey = _page(drawing, rng), rng.uniform(0, 70)
    rim = _pixels(rng.uniform(0.005, 0.04), drawing)
    for edge in (page[:rim], page[-rim:], page[:, :rim], page[:, -rim:]):
        edge[:] = grey
    return _compressed(page, rng)


def boxed(drawing: UInt8Array, rng: Random) -> UInt8Array:
    height, width = drawing.shape
    x, y, w, h = cv2.boundingRect((drawing > 60).astype(np.uint8))
    room = min(x, y, width - x - w, height - y - h)
    inset = rng.uniform(0.1, 0.8) * room
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * (width - 2 * inset, height - 2 * inset)
    corners += inset + rng.normal(0, 0.004 * height, (4, 2))
    page = _page(drawing, rng)
    color, line = (rng.uniform(0, 90),) * 3, _pixels(rng.uniform(0.003, 0.018), drawing)
    cv2.polylines(page, [corners.astype(np.int32)], True, color, line, cv2.LINE_AA)
    return _compressed(page, rng)


def form_lines(drawing: UInt8Array, rng: Random) -> UInt8Array:
    page, grey = _page(drawing, rng), rng.uniform(0, 110)
    views = [page, page[::-1], page.transpose(1, 0, 2), page[:, ::-1].transpose(1, 0, 2)]
    for side in rng.permutation(4)[: rng.integers(1, 4)]:
        start = int(rng.uniform(0, 0.05) * len(page))
        views[side][start : start + _pixels(rng.uniform(0.004, 0.015), drawing)] = grey
    return _compressed(page, rng)


def margin_line(drawing: UInt8Array, rng: Random) -> UInt8Array:
    page = _page(drawing, rng)
    x = int(rng.uniform(0.05, 0.25) * page.shape[1])
    sided = page if rng.random() < 0.5 else page[:, ::-1]
    sided[:, x : x + _pixels(rng.uniform(0.003, 0.01), drawing)] = (200, *rng.uniform(60, 140, 2))
    return _compressed(page, rng)


def ruled(drawing: UInt8Array, rng: Random) -> UInt8Array:
    paper = _paper(drawing.shape, rng)
    _rule(paper, rng.uniform(0.06, 0.22), rng)
    return _compressed(_written(_tilted(paper, rng), drawing, INKS[rng.integers(len(INKS))]), rng)


def squared(drawing: UInt8Array, rng: Random) -> UInt8Array:
    paper, spacing = _paper(drawing.shape, rng), rng.uniform(0.045, 0.14)
    state = rng.bit_generator.state
    _rule(paper, spacing, rng)
    rng.bit_generator.state = state  # the same lines the other way
    _rule(paper.transpose(1, 0, 2), spacing, rng)
    return _compressed(_written(_tilted(paper, rng), drawing, INKS[rng.integers(len(INKS))]), rng)


def _rule(paper: Picture, spacing: float, rng: Random) -> None:
    step = max(4, round(spacing * len(paper)))
    thick = max(1, round(rng.uniform(0.002, 0.008) * len(paper)))
    strength = rng.uniform(0.15, 0.75)
    color = np.array((90, 120, 190) if rng.random() < 0.7 else (120, 120, 120))
    for y in range(int(rng.integers(step)), len(paper), step):
        paper[y : y + thick] += (color - paper[y : y + thick]) * strength


def _tilted(paper: Picture, rng: Random) -> Picture:
    height, width = paper.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 1.5)), 1.08)
    return cv2.warpAffine(paper, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


def padded(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """A grey scan on white."""
    page = _page(drawing, rng) * rng.uniform(0.6, 0.9)
    rim, sides = _pixels(rng.uniform(0.1, 0.4), drawing), rng.integers(3)
    vertical, horizontal = rim * (sides != 1), rim * (sides != 0)
    white = cv2.copyMakeBorder(
        page, vertical, vertical, horizontal, horizontal, cv2.BORDER_CONSTANT, value=(255,) * 3
    )
    return _compressed(white, rng)


def turned(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """A scan that was put straight, black in its corners."""
    height, width = drawing.shape
    degrees = rng.uniform(2, 14) * rng.choice((-1, 1))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, rng.uniform(0.75, 1))
    black = (rng.uniform(0, 25),) * 3
    page = cv2.warpAffine(_page(drawing, rng), matrix, (width, height), borderValue=black)
    return _compressed(page, rng)


def on_desk(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """A sheet that lies on a desk, turned a little and seen aslant."""
    height, width = drawing.shape
    tall, wide = (int(side * rng.uniform(1.3, 2.2)) for side in drawing.shape)
    desk = np.array(DESKS[rng.integers(len(DESKS))]) + rng.normal(0, 6, (tall, wide, 1))
    grain = np.sin(np.arange(tall) * rng.uniform(0.05, 0.5) + rng.normal(0, 1, tall))
    desk += 8 * grain[:, None, None]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    angle = np.deg2rad(rng.normal(0, 6))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    room = rng.uniform(0.05, 0.95, 2) * (wide - width, tall - height)
    middle = np.array((width, height)) / 2
    seen = (corners - middle) @ turn * 0.92 + rng.normal(0, 0.04 * height, (4, 2)) + room + middle
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    sheet = cv2.warpPerspective(_page(drawing, rng), matrix, (wide, tall))
    covered = cv2.warpPerspective(np.ones(drawing.shape), matrix, (wide, tall))[..., None]
    return _compressed(desk * (1 - covered) + sheet * covered, rng)


def dusty(drawing: UInt8Array, rng: Random) -> UInt8Array:
    page = _page(drawing, rng)
    for _ in range(rng.integers(2, 14)):
        x, y = rng.uniform(0, 1, 2) * page.shape[1::-1]
        if rng.random() < 0.8:  # mostly near an edge
            x *= 0.12
            x, y = [(x, y), (y, x), (page.shape[1] - x, y), (y, len(page) - x)][rng.integers(4)]
        radius, color = _pixels(rng.uniform(0.002, 0.006), drawing), (rng.uniform(0, 80),) * 3
        cv2.circle(page, (int(x), int(y)), radius, color, -1, cv2.LINE_AA)
    return _compressed(page, rng)


def salt_and_pepper(drawing: UInt8Array, rng: Random) -> UInt8Array:
    page, chance, share = _page(drawing, rng), rng.random(drawing.shape), rng.uniform(0.02, 0.1)
    page[chance < share / 2] = 0
    page[chance > 1 - share / 2] = 255
    return _compressed(page, rng)


def pencil(drawing: UInt8Array, rng: Random) -> UInt8Array:
    grain = rng.random(drawing.shape, np.float32) > 0.15
    faint = (drawing * rng.uniform(0.35, 0.7) * grain).astype(np.uint8)
    return _compressed(_written(_paper(drawing.shape, rng), faint, (70, 70, 72)), rng)


def chalk(drawing: UInt8Array, rng: Random) -> UInt8Array:
    board = np.array((40, 70, 55)) if rng.random() < 0.6 else np.array((35, 37, 40))
    noise = 6 * rng.standard_normal((*drawing.shape, 1), np.float32)
    grain = rng.random(drawing.shape, np.float32) > 0.12
    dusted = (drawing * 0.85 * grain).astype(np.uint8)
    return _compressed(_written(board + noise, dusted, (235, 235, 230)), rng)


def plotted(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """Saved from a plotting library, with axes, ticks and numbers."""
    height, width = drawing.shape
    shown = drawing if rng.random() < 0.7 else 255 - drawing
    figure = np.full((int(1.5 * height), int(1.5 * width * rng.uniform(1, 1.4))), 255, np.uint8)
    top, left = int(0.22 * height), (figure.shape[1] - width) // 2
    figure[top : top + height, left : left + width] = shown
    cv2.rectangle(figure, (left - 1, top - 1), (left + width, top + height), 0, 1)
    tick, size = _pixels(0.02, drawing), 0.001 * height
    for part in range(6):
        x, y = left + part * width // 6, top + part * height // 6
        figure[y, left - tick : left] = figure[top + height : top + height + tick, x] = 0
        number = str(5 * part)
        cv2.putText(figure, number, (left - 5 * tick, y + tick), 0, size, 0, 1, cv2.LINE_AA)
        below = (x - tick, top + height + 4 * tick)
        cv2.putText(figure, number, below, 0, size, 0, 1, cv2.LINE_AA)
    return np.repeat(figure[..., None], 3, axis=2)


def tiny(drawing: UInt8Array, rng: Random) -> UInt8Array:
    """A picture of 8 to 64 pixels that the digit fills."""
    x, y, width, height = cv2.boundingRect(drawing)
    rim = int(rng.uniform(0.02, 0.25) * max(width, height))
    digit = np.pad(drawing[y : y + height, x : x + width], rim)
    side = int(np.exp(rng.uniform(np.log(8), np.log(64))))
    scale = side / max(digit.shape)
    size = max(4, round(digit.shape[1] * scale)), max(4, round(digit.shape[0] * scale))
    how = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
    small = cv2.resize(digit, size, interpolation=how)
    small = small if rng.random() < 0.5 else 255 - small
    return np.repeat(np.asarray(small, np.uint8)[..., None], 3, axis=2)


CORRUPTIONS: dict[str, Corruption] = {
    "strong compression": compressed,
    "uneven light": uneven_light,
    "vignette": vignette,
    "shadow of a hand": hand_shadow,
    "low light": low_light,
    "blur": blurred,
    "fold": folded,
    "bleed-through": bled_through,
    "dark frame": framed,
    "box": boxed,
    "lines of a form": form_lines,
    "margin line": margin_line,
    "ruled": ruled,
    "squared": squared,
    "grey on white": padded,
    "turned scan": turned,
    "sheet on a desk": on_desk,
    "dust": dusty,
    "salt and pepper": salt_and_pepper,
    "pencil": pencil,
    "chalk": chalk,
    "plot": plotted,
    "tiny": tiny,
}
