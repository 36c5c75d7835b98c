"""What light, camera and scanner make of a sheet.

Each function takes and gives a picture float32 (height, width, 3), from 0 to 255 in RGB; it may
come back larger, with what lies round the sheet.
"""

import cv2
import numpy as np

from ml.arrays import Float32Array, UInt8Array
from ml.corruptions.sheets import axes, texture
from ml.glyphs import Random

DESKS = (
    (95, 65, 45),
    (60, 60, 65),
    (130, 100, 70),
    (40, 50, 45),
    (150, 130, 110),
    (25, 25, 30),
    (120, 40, 35),
    (70, 90, 120),
)


def gradient(picture: Float32Array, rng: Random) -> Float32Array:
    """Light from one side."""
    slope = _slope(picture, rng) * np.float32(rng.uniform(0.25, 0.6))
    return picture * (slope + np.float32(rng.uniform(0.65, 0.8)))[..., None]


def _slope(picture: Float32Array, rng: Random) -> Float32Array:
    """From about -0.7 to 0.7 in some direction: float32 (height, width)."""
    height, width = picture.shape[:2]
    x, y = axes(picture.shape)
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.float32(np.cos(angle) / width) + y * np.float32(np.sin(angle) / height)
    return np.asarray(slope, np.float32)


def vignette(picture: Float32Array, rng: Random) -> Float32Array:
    """Darker towards the corners."""
    height, width = picture.shape[:2]
    x, y = axes(picture.shape)
    off_x, off_y = rng.uniform(-0.15, 0.15, 2)
    radius = (x / width + np.float32(off_x)) ** 2 + (y / height + np.float32(off_y)) ** 2
    light = np.maximum(1 - np.float32(rng.uniform(0.5, 1.5)) * radius, np.float32(0.15))
    return np.asarray(picture * light[..., None], np.float32)


def hand_shadow(picture: Float32Array, rng: Random) -> Float32Array:
    """The shadow of a hand or phone falls over a part."""
    across, along = _slope(picture, rng), _slope(picture, rng)
    edge = np.float32(rng.uniform(0, 0.35)) + along**2 * np.float32(rng.normal(0, 0.8))
    softness = np.float32(rng.uniform(0.005, 0.06))
    shade = 1 / (1 + np.exp(np.clip((edge - across) / softness, -30, 30)))
    dark = np.float32(rng.uniform(0.25, 0.65))
    return np.asarray(picture * (1 - dark * shade)[..., None], np.float32)


def low_light(picture: Float32Array, rng: Random) -> Float32Array:
    """Dark, with the grain of a sensor."""
    noise = texture("fine", picture.shape, rng) + texture("fine", picture.shape, rng)
    colored = np.stack([noise, texture("fine", picture.shape, rng), -noise], axis=-1)
    dark = picture * np.float32(rng.uniform(0.13, 0.35))
    return np.asarray(dark + colored * np.float32(rng.uniform(0.5, 3)), np.float32)


def blur(picture: Float32Array, rng: Random) -> Float32Array:
    """Out of focus, or shaken."""
    size = rng.uniform(0.003, 0.01) * len(picture)
    if rng.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), size), np.float32)
    side = 2 * round(size * 1.5) + 1
    kernel = np.zeros((side, side), np.float32)
    angle, half = rng.uniform(0, np.pi), side / 2
    reach = half * np.array([np.cos(angle), np.sin(angle)])
    first, last = (tuple(int(v) for v in half + sign * reach * 0.9) for sign in (-1, 1))
    cv2.line(kernel, first, last, 1)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)


def salt_and_pepper(picture: Float32Array, rng: Random) -> Float32Array:
    """Single pixels black or white."""
    grain = texture("fine", picture.shape, rng)
    height = np.float32(rng.uniform(1.8, 2.7))  # standard deviations: 7 to 0.7 per cent
    spoiled = picture.copy()
    spoiled[grain > height] = 255
    spoiled[grain < -height] = 0
    return spoiled


def fold(picture: Float32Array, rng: Random) -> Float32Array:
    """A crease, and less light on one side of it."""
    across = _slope(picture, rng) - np.float32(rng.uniform(-0.3, 0.3))
    width = 1.5 / len(picture)
    crease = np.clip(1 - np.abs(across) / np.float32(width), 0, 1)
    light = np.where(across > 0, np.float32(rng.uniform(0.75, 0.95)), np.float32(1))
    light = light - crease * np.float32(rng.uniform(0.05, 0.25))
    return np.asarray(picture * light[..., None], np.float32)


def dark_frame(picture: Float32Array, rng: Random) -> Float32Array:
    """A dark frame, as of a scanner's lid or a screenshot."""
    side = len(picture)
    share = rng.uniform(0.005, 0.05) * (np.ones(4) if rng.random() < 0.6 else rng.random(4))
    sides = (share * side).astype(int) + 1
    return bordered(picture, [int(n) for n in sides], rng.uniform(0, 75))


def bordered(picture: Float32Array, sides: list[int], grey: float) -> Float32Array:
    """The picture with so many pixels of one grey above, below, left and right."""
    rows, columns = (sides[0], sides[1]), (sides[2], sides[3])
    return np.pad(picture, (rows, columns, (0, 0)), constant_values=grey)


def padded(picture: Float32Array, rng: Random) -> Float32Array:
    """A grey scan on a white page, with white above and below, beside, or all round."""
    where = rng.integers(3)
    share = rng.uniform(0.08, 0.4, 4) * ((1, 1, 0, 0), (0, 0, 1, 1), (1, 1, 1, 1))[where]
    dim = picture * np.float32(rng.uniform(0.6, 0.9))
    return bordered(dim, [int(n) for n in share * len(picture)], 255)


def turned(picture: Float32Array, rng: Random) -> Float32Array:
    """A scan that was turned straight, with black corners, or white ones."""
    height, width = picture.shape[:2]
    degrees = rng.uniform(2, 15) * rng.choice([-1, 1])
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = np.array([width * cos + height * sin, width * sin + height * cos]).astype(int)
    matrix[:, 2] = matrix[:, 2] + (size - (width, height)) / 2
    grey = rng.uniform(0, 30) if rng.random() < 0.8 else rng.uniform(200, 255)
    return np.asarray(
        cv2.warpAffine(picture, matrix, tuple(size.tolist()), borderValue=(grey, grey, grey)),
        np.float32,
    )


def desk(picture: Float32Array, rng: Random) -> Float32Array:
    """The sheet lies on a desk, seen a little from the side; some of its edges may be outside."""
    height, width = picture.shape[:2]
    # Of the desk left, right, above and below, in sheets; elsewhere the sheet's edge is outside.
    seen = rng.random(4) < 0.75
    seen[rng.integers(4)] = True
    left, right, top, bottom = np.where(seen, rng.uniform(0.05, 0.5, 4), -0.02)
    size = int(width * (1 + left + right)), int(height * (1 + top + bottom))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    tilt = rng.normal(0, np.deg2rad(3))
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    middle = np.array([width, height]) / 2
    seen_corners = (corners - middle) @ turn + middle + (left * width, top * height)
    seen_corners += rng.normal(0, 0.015 * height, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners, seen_corners.astype(np.float32))
    background = _wood(size, rng)
    cv2.warpPerspective(picture, matrix, size, dst=background, borderMode=cv2.BORDER_TRANSPARENT)
    return background


def _wood(size: tuple[int, int], rng: Random) -> Float32Array:
    """A desk or a cloth: float32 (height, width, 3)."""
    shape = (size[1], size[0])
    color = np.array(DESKS[rng.integers(len(DESKS))]) + rng.normal(0, 8, 3)
    grain = texture("streaks", shape, rng) * np.float32(rng.uniform(0, 10))
    grain = grain + texture("fine", shape, rng) * np.float32(rng.uniform(1, 7))
    return color.astype(np.float32) + grain[..., None]


def encode(picture: Float32Array, rng: Random, quality: tuple[int, int] = (55, 96)) -> UInt8Array:
    """To uint8 and through JPEG, of a quality from the first to below the second."""
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*quality))]
    _, compressed = cv2.imencode(".jpg", pixels[..., ::-1], options)  # OpenCV's order is BGR
    decoded = np.asarray(cv2.imdecode(compressed, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
