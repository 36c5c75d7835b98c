"""Bodies that are not what is asked for, whatever is; and images, strokes and ids that are none."""

import base64
import io
import struct
import zlib
from uuid import UUID

from PIL import Image

from ml.decoding import MAX_BYTES
from tests.support.samples import png, text

UNKNOWN = UUID("c06ba279-30d1-4a5b-a3f6-9f3c1a8a9f5e")  # of no drawing


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width: int, height: int, data: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def blank(value: int, other: int | None = None, size: tuple[int, int] = (50, 50)) -> bytes:
    image = Image.new("L", size, value)
    if other is not None:
        image.putpixel((25, 25), other)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def part(headers: str, body: str = "x", end: str = "--x--") -> str:
    return f"--x\r\n{headers}\r\n\r\n{body}\r\n{end}"


FILE = 'Content-Disposition: form-data; name="image"; filename="a.png"'
FOREIGN = [
    "",
    " ",
    "null",
    "AAAA",
    "====",
    "@@@@",
    "AAA",
    "data:",
    "data:,",
    "data:image/png;base64,",
    "data:image/png,AAAA",
    "data:text/html;base64,PGI+",
    "data:image/png;base64,data:image/png;base64,AAAA",
    "https://example.org/7.png",
    "file:///etc/passwd",
    "../../etc/passwd",
    "\0",
    "\0" * 100,
    "\ud800",
    "٧" * 100,
    "é" * 5000,
    "A" * 100_001,
    "<script>alert(1)</script>",
    "'; DROP TABLE predictor_submission; --",
    text()[:-40],
    text() + "\n\0",
    text().replace("A", "-"),
]
PICTURES = {
    "truncated": png()[: len(png()) // 2],
    "only a signature": b"\x89PNG\r\n\x1a\n",
    "no pixels": png_that_claims(0, 0),
    "wrong length": png_that_claims(50, 50, b"\0"),
    "damaged": png()[:60] + b"\xff" * 40 + png()[100:],
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04" + b"\0" * 60,
    "tiff": b"II*\0\x08\0\0\0" + b"\0" * 60,
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "empty gif": b"GIF89a",
    "half a jpeg": b"\xff\xd8\xff\xe0" + b"\0" * 30,
    "bmp": b"BM" + b"\xff" * 60,
    "webp": b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    "nothing drawn": blank(255),
    "all black": blank(0),
    "four pixels above one another": blank(255, size=(1, 4)),
    "too faint": blank(255, 250),
    "random": bytes(range(256)) * 4,
}
TOO_LARGE = {
    "billions of pixels": png_that_claims(2**31 - 1, 2**31 - 1),
    "a bomb": png_that_claims(8000, 8000, b"\0" * 64_008_000),
    "too wide": png_that_claims(20_000, 10),
    "too many pixels": png_that_claims(4000, 4000),
    "too many bytes": png() + b"\0" * MAX_BYTES,
}
NOT_TEXT = [None, True, False, 0, 7, -1, 1.5, 1e308, [], {}, [text()], {"data": text()}]
STROKES = [
    7,
    True,
    "text",
    {},
    [7],
    [None],
    [[]],
    [[[]]],
    [[[], []]],
    [[[1]]],
    [[[1], [2, 3]]],
    [[[1], [2], [3], [4]]],
    [[[1], ["2"]]],
    [[[1], [True]]],
    [[[1], [None]]],
    [[[1], [[2]]]],
    [[[1], [10**400]]],
    [[[1], [1e300]]],
    [[[1], [2]]] * 201,
    [[[1] * 20_001, [2] * 20_001]],
]
IDS = [
    None,
    True,
    0,
    7,
    -1,
    10**60,
    1.5,
    "",
    "7",
    [],
    {},
    "\0",
    "x" * 36,
    UNKNOWN.hex,
    f"{{{UNKNOWN}}}",
    f"urn:uuid:{UNKNOWN}",
    f"{UNKNOWN} ",
    f"{UNKNOWN}\0",
    "٣" * 8 + "-" + "-".join(["٣٣٣٣"] * 3) + "-" + "٣" * 12,
    "-" * 36,
]
FORMS = [
    "",
    "x",
    "--x",
    "--x--",
    part(""),
    part("Content-Disposition"),
    part("Content-Disposition: form-data"),
    part(FILE, ""),
    part(FILE),
    part(FILE, end=""),
    part(FILE + "\r\nContent-Transfer-Encoding: base64", "@@@"),
    part(FILE + "\r\nContent-Type: \0"),
    part(FILE.replace("a.png", "\0../../a.png")),
    part(FILE.replace("image", "other")),
    part('Content-Disposition: form-data; name="image"', text()[:50]),
    part('Content-Disposition: form-data; name="strokes"', "[[[1],[2]]]"),
    "".join(part(FILE, end="") for _ in range(2000)),
    "".join(part(f'Content-Disposition: form-data; name="{i}"', end="") for i in range(2000)),
]
CONTENT_TYPES = [
    "",
    "x",
    "/",
    "text/plain",
    "text/html",
    "application/xml",
    "image/png",
    "application/x-www-form-urlencoded",
    "application/json-seq",
    "é",
    "a" * 200,
]
BATCHES = [None, True, 7, "text", {}, [], [text()] * 65, [[text()]]]
BODIES = [
    "",
    " ",
    "null",
    "true",
    "7",
    "1e999",
    "NaN",
    '"text"',
    "[]",
    "[{}]",
    "{}",
    "{",
    "}",
    '{"image"}',
    '{"image": }',
    "{'image': 'AAAA'}",
    '{"image": NaN}',
    '{"image": Infinity}',
    '{"image": "AAAA"} trailing',
    '{"Image": "AAAA"}',
    '{"image": "\\ud800"}',
    '{"image": "\\u0000"}',
    '{"image": "\x00"}',
    '{"image": ' + "9" * 5000 + "}",
    '{"image": ' + "[" * 100_000,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 50_000,
    "\ufeff{}",
    b"\xff\xfe\x00",
    b"\x80abc",
    "image=AAAA",
    "<xml/>",
]
