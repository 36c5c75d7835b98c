import cv2
import numpy as np
import pytest
from PIL import Image

from ml.decoding import (
    EmptyDrawing,
    UndecodableDrawing,
)
from ml.preprocessing import NoContrast, is_noise, preprocess
from tests.support.digits import encoded, ink

SEVEN = ink(7)


def center_of_mass(pixels):
    """In pixels counted from 0, as MNIST's is."""
    share = pixels / pixels.sum()
    return [float(share.sum(axis=1 - axis) @ np.arange(28)) for axis in (0, 1)]


def difference(one, other):
    """Mean, of 255, where either has ink."""
    inked = (one > 0) | (other > 0)
    return float(np.abs(one.astype(int) - other)[inked].mean())


def with_alpha(grey, alpha):
    return Image.fromarray(np.stack([np.full_like(alpha, grey)] * 3 + [alpha], axis=-1))


def colored(paper, pen):
    share = SEVEN[..., None] / 255
    return np.rint(np.array(paper) * (1 - share) + np.array(pen) * share).astype(np.uint8)


def palette(**options):
    return encoded(Image.fromarray(255 - SEVEN).convert("P"), **options)


def rotated_by_exif():
    picture = Image.fromarray(255 - SEVEN)
    exif = picture.getexif()
    exif[0x0112] = 6  # "turn me 90 degrees clockwise to see me"
    return encoded(picture.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif)


# How the same drawing comes, and how much of 255 it may differ on the average where ink is.
SAME_DRAWING = {
    "dark on light": (lambda: encoded(255 - SEVEN), 0),
    "light on dark": (lambda: encoded(SEVEN), 0),
    "grey on grey": (lambda: encoded(np.uint8(170 - SEVEN * 0.4)), 2),
    "blue on white": (lambda: encoded(colored((255, 255, 255), (20, 40, 200))), 2),
    "yellow on black": (lambda: encoded(colored((0, 0, 0), (255, 230, 0))), 2),
    "red on a green as bright": (lambda: encoded(colored((0, 130, 0), (255, 0, 0))), 2),
    "black on nothing": (lambda: encoded(with_alpha(0, SEVEN)), 1),
    "white on nothing": (lambda: encoded(with_alpha(255, SEVEN)), 1),
    "opaque with alpha": (lambda: encoded(Image.fromarray(255 - SEVEN).convert("RGBA")), 0),
    "grey with alpha": (lambda: encoded(Image.fromarray(255 - SEVEN).convert("LA")), 0),
    "palette": (palette, 0),
    "palette with transparency": (lambda: palette(transparency=255), 1),
    "GIF": (lambda: palette(format="GIF"), 1),
    "one bit": (lambda: encoded(Image.fromarray(255 - SEVEN).convert("1", dither=0)), 6),
    "16 bits": (lambda: encoded(Image.fromarray((255 - SEVEN).astype(np.uint16) * 257)), 0),
    "JPEG": (lambda: encoded(255 - SEVEN, "JPEG"), 3),
    "progressive JPEG": (lambda: encoded(255 - SEVEN, "JPEG", progressive=True), 3),
    "CMYK": (lambda: encoded(Image.fromarray(255 - SEVEN).convert("CMYK"), "JPEG"), 4),
    "WebP": (lambda: encoded(255 - SEVEN, "WEBP"), 5),
    "BMP": (lambda: encoded(255 - SEVEN, "BMP"), 0),
    "turned by its EXIF": (rotated_by_exif, 3),
}


@pytest.mark.parametrize("form", SAME_DRAWING)
def test_a_drawing_looks_the_same_in_any_form(form):
    image, allowed = SAME_DRAWING[form]
    assert difference(preprocess(image()), preprocess(255 - SEVEN)) <= allowed


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("side", [100, 280, 700])
def test_a_drawing_looks_the_same_in_any_size(digit, side):
    large = ink(digit, canvas=2000, pen=130)
    small = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
    assert difference(preprocess(small), preprocess(large)) < 8


@pytest.mark.parametrize("center", [(0.2, 0.2), (0.8, 0.25), (0.31, 0.77)])
def test_a_drawing_looks_the_same_in_any_place(center):
    moved = preprocess(ink(4, fraction=0.35, center=center, pen=20))
    assert difference(moved, preprocess(ink(4, fraction=0.35, pen=20))) < 6


@pytest.mark.parametrize("pen", [4, 12, 36, 60])
def test_any_pen_is_seen_and_reaches_white(pen):
    pixels = preprocess(ink(5, pen=pen))
    assert pixels.max() == 255
    assert 20 < (pixels > 40).sum() < 350


def test_it_crops_before_it_shrinks():
    # A tenth of the canvas: shrunk to 28 pixels first, it would be a dot.
    drawing = ink(3)
    canvas = np.zeros((3000, 1000), np.uint8)
    canvas[2900:, 20:120] = cv2.resize(drawing, (100, 100), interpolation=cv2.INTER_AREA)
    assert difference(preprocess(canvas), preprocess(drawing)) < 8


def test_the_center_of_mass_keeps_its_axes():
    # Heavy on the left and a little below the middle: with swapped axes it would be moved
    # sideways by what it has to be moved up.
    drawing = np.zeros((200, 300), np.uint8)
    drawing[40:160, 50:80] = 255
    drawing[130:160, 50:170] = 255
    assert center_of_mass(preprocess(drawing)) == pytest.approx([14, 14], abs=0.03)


def test_ink_is_weighed_and_not_paper():
    # A heavy foot under a thin stem: the paper's centre of mass lies above the middle.
    drawing = np.full((300, 300), 255, np.uint8)
    drawing[50:200, 140:160] = 0
    drawing[200:250, 120:180] = 0
    pixels = preprocess(drawing)
    assert center_of_mass(pixels) == pytest.approx([14, 14], abs=0.03)
    assert pixels[:14].any(axis=1).sum() > pixels[14:].any(axis=1).sum() + 2


@pytest.mark.parametrize("digit", range(10))
def test_the_center_of_mass_is_where_mnist_has_it_to_a_part_of_a_pixel(digit):
    pixels = preprocess(ink(digit, center=(0.43, 0.61), fraction=0.57, pen=21))
    assert center_of_mass(pixels) == pytest.approx([14, 14], abs=0.03)


@pytest.mark.parametrize(("height", "width"), [(100, 200), (200, 100), (160, 160), (10, 300)])
def test_the_longer_side_is_20_pixels_and_the_aspect_is_kept(height, width):
    drawing = np.zeros((400, 400), np.uint8)
    drawing[30 : 30 + height, 50 : 50 + width] = 255
    pixels = preprocess(drawing) / 255
    unit = 20 / max(height, width)
    # Partly covered pixels count as parts.
    assert pixels.sum(axis=1).max() == pytest.approx(width * unit, abs=0.1)
    assert pixels.sum() / pixels.max() >= width * height * unit**2 * 0.99


def test_grey_levels_stay():
    pixels = preprocess(SEVEN)
    assert len(np.unique(pixels)) > 40


def test_a_small_drawing_is_enlarged():
    drawing = np.zeros((12, 12), np.uint8)
    drawing[3:9, 5:7] = 255
    pixels = preprocess(drawing)
    assert pixels.shape == (28, 28)
    assert 18 <= (pixels.sum(axis=1) > 0).sum() <= 22


def test_a_single_pixel_is_a_drawing():
    drawing = np.zeros((50, 50), np.uint8)
    drawing[20, 30] = 255
    assert preprocess(drawing).max() == 255


def test_grain_of_photographed_paper_is_not_ink():
    rng = np.random.default_rng(0)
    photo = np.clip(200 - SEVEN * 0.6 + rng.normal(0, 4, SEVEN.shape), 0, 255).astype(np.uint8)
    assert difference(preprocess(photo), preprocess(SEVEN)) < 25


def test_the_same_drawing_gives_the_same_bytes():
    image = encoded(255 - SEVEN)
    assert preprocess(image).tobytes() == preprocess(image).tobytes()


@pytest.mark.parametrize(
    "image",
    [
        np.full((50, 80), 255, np.uint8),
        np.zeros((50, 80, 3), np.uint8),
        np.empty((0, 80), np.uint8),
        encoded(Image.new("RGBA", (60, 60))),
        encoded(Image.new("RGB", (1, 1), "red")),
        encoded(Image.new("P", (60, 60)), "GIF"),
    ],
)
def test_an_empty_drawing_is_refused(image):
    with pytest.raises(EmptyDrawing, match="Draw a digit|no pixels"):
        preprocess(image)


def test_a_drawing_that_is_too_faint_is_refused():
    faint = np.uint8(255 - SEVEN / 255 * 20)
    with pytest.raises(NoContrast, match="too faint"):
        preprocess(faint)
    assert preprocess(np.uint8(255 - SEVEN / 255 * 40)).max() == 255


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        encoded(SEVEN)[:100],
        encoded(SEVEN, "TIFF"),
        encoded(SEVEN, "PPM"),
        np.zeros((28, 28), np.float32),
        np.zeros((28, 28, 4), np.uint8),
        np.zeros(784, np.uint8),
    ],
)
def test_what_is_no_image_is_refused(data):
    with pytest.raises(UndecodableDrawing):
        preprocess(data)


def test_noise_is_told_from_every_drawing():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (280, 280, 3), np.uint8)
    pattern = np.tile(noise[:1, :8], (280, 35, 1))
    for picture in (noise, pattern, np.full_like(noise, 255), noise * 0):
        assert is_noise(picture)
    for digit in range(10):
        for pen in (2, 18, 60):
            drawing = np.dstack([ink(digit, canvas=280, pen=pen)] * 3)
            low_bits = rng.integers(-3, 4, drawing.shape)
            grain = np.clip(drawing + rng.normal(0, 6, drawing.shape), 0, 255)
            for picture in (drawing, 255 - drawing, np.clip(drawing + low_bits, 0, 255), grain):
                assert not is_noise(picture.astype(np.uint8))
    hair = np.full_like(noise, 255)
    hair[100:200, 133] = 200
    assert not is_noise(hair)


@pytest.mark.parametrize("channels", [(), (3,)], ids=["grey", "colour"])
def test_pictures_of_a_few_pixels_are_refused_whatever_their_shape(channels):
    for height, width in np.ndindex(9, 9):
        picture = np.zeros((height + 1, width + 1, *channels), np.uint8)
        with pytest.raises(EmptyDrawing):
            preprocess(picture)
