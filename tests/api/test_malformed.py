"""Whatever is sent to the API, it answers with a reason, and nothing is stored."""

import base64
import io
import json
import struct
import zlib
from uuid import UUID

import pytest
from PIL import Image

from ml.decoding import MAX_BYTES
from tests.support.malformed import BODIES
from tests.support.samples import png, text

pytestmark = pytest.mark.django_db
SUBMIT, PREDICT = "/api/v1/submissions/", "/api/v1/predict/"
UNKNOWN = UUID("c06ba279-30d1-4a5b-a3f6-9f3c1a8a9f5e")  # of no drawing
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=x"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width: int, height: int, data: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def blank(value: int, other: int | None = None) -> bytes:
    image = Image.new("L", (50, 50), value)
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


def submit(client, body, content_type=JSON):
    return client.post(SUBMIT, body, content_type=content_type)


@pytest.mark.parametrize("image", FOREIGN + NOT_TEXT, ids=lambda v: repr(v)[:40])
def test_what_is_no_image_in_base64(client, refused, image):
    answer = refused(submit(client, json.dumps({"image": image})), 400)
    assert list(answer) == ["image"]
    answer = refused(client.post(PREDICT, json.dumps({"images": [image]}), JSON), 400)
    assert list(answer) == ["images"]


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_that_cannot_be_read(client, refused, name):
    picture = PICTURES[name]
    answer = refused(submit(client, {"image": encoded(picture)}), 400)
    assert list(answer) == ["image"]
    images = {"images": [text(), encoded(picture)]}
    answer = refused(client.post(PREDICT, images, JSON), 400)
    assert list(answer["images"]) == ["1"]
    answer = refused(client.post(SUBMIT, {"image": io.BytesIO(picture)}), 400)
    assert list(answer) == ["image"]


@pytest.mark.parametrize("name", TOO_LARGE)
def test_pictures_that_are_too_large(client, refused, name):
    picture = TOO_LARGE[name]
    refused(submit(client, {"image": encoded(picture)}), 413)
    refused(client.post(PREDICT, {"images": [encoded(picture)]}, JSON), 413)
    refused(client.post(SUBMIT, {"image": io.BytesIO(picture)}), 413)


@pytest.mark.parametrize("body", BODIES, ids=lambda v: repr(v)[:40])
@pytest.mark.parametrize("url", [SUBMIT, PREDICT])
def test_bodies_that_are_not_what_is_asked_for(client, refused, url, body):
    answer = refused(client.post(url, body, content_type=JSON), 400)
    assert isinstance(answer, dict)


@pytest.mark.parametrize(
    "body, said",
    [
        ("{", "line 1, column 2"),
        ('{\n"a": x}', "line 2, column 6"),
        ("{}{}", "line 1, column 3"),
        ("[NaN]", "NaN is not a number"),
        ("[-Infinity]", "-Infinity is not a number"),
        ("9" * 5000, "too many digits"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 5_000, "nested too deeply"),
        ('{"a":[' * 10_000, "nested too deeply"),
        ("[" + "[]," * 20_000, "more than 10,000 lists"),
        (b"{}\xff", "UTF-8"),
        ('"\\ud800"', "half of a character"),
        ('{"images": [], "\\uDFFF": 7}', "half of a character"),
        ('{"\\ud83d": "\\ude00"}', "half of a character"),
    ],
    ids=lambda v: repr(v)[:40],
)
@pytest.mark.parametrize("url", [SUBMIT, PREDICT])
def test_it_says_in_plain_words_what_is_wrong_with_the_json(client, refused, url, body, said):
    answer = refused(client.post(url, body, content_type=JSON), 400)
    assert list(answer) == ["detail"]
    assert said in answer["detail"]


def test_half_of_a_character_is_found_where_it_would_be_left_out(client, refused):
    body = {"images": [text()], "note": ["\ud800"], "\U0001f600": 7}
    assert list(refused(client.post(PREDICT, json.dumps(body), JSON), 400)) == ["note"]


def test_whole_characters_may_be_escaped(client):
    body = json.dumps({"images": [text()], "note": "\U0001f600"}).replace("A", "\\u0041")
    assert client.post(PREDICT, body, content_type=JSON).status_code == 200


def test_an_empty_id_in_a_form_is_no_id(client, refused):
    answer = refused(client.post(SUBMIT, {"image": io.BytesIO(png()), "id": ""}), 400)
    assert list(answer) == ["id"]


@pytest.mark.parametrize("strokes", STROKES, ids=lambda v: repr(v)[:40])
def test_strokes_in_another_form(client, refused, strokes):
    body = json.dumps({"image": text(), "strokes": strokes})
    assert list(refused(submit(client, body), 400)) == ["strokes"]


@pytest.mark.parametrize("id", IDS, ids=lambda v: repr(v)[:40])
def test_ids_that_are_none(client, refused, id):
    body = json.dumps({"image": text(), "id": id})
    assert list(refused(submit(client, body), 400)) == ["id"]


@pytest.mark.parametrize(
    "images", [None, True, 7, "text", {}, [], [text()] * 65, [[text()]]], ids=lambda v: repr(v)[:40]
)
def test_batches_that_are_none(client, refused, images):
    answer = refused(client.post(PREDICT, json.dumps({"images": images}), JSON), 400)
    assert list(answer) == ["images"]


@pytest.mark.parametrize(
    "content_type",
    ["", "x", "/", "text/plain", "text/html", "application/xml", "image/png"]
    + ["application/x-www-form-urlencoded", "application/json-seq", "é", "a" * 5000],
)
@pytest.mark.parametrize("url", [SUBMIT, PREDICT])
def test_other_content_types(client, refused, url, content_type):
    refused(client.post(url, '{"image": "AAAA"}', content_type=content_type), 415)


@pytest.mark.parametrize("url, field", [(SUBMIT, "image"), (PREDICT, "images")])
def test_any_content_type_is_read_as_json(client, refused, url, field):
    answer = refused(client.post(url, '{"image": "AAAA"}', content_type="*/*;q=2"), 400)
    assert list(answer) == [field]


@pytest.mark.parametrize(
    "body",
    [
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
    ],
    ids=lambda v: repr(v)[:60],
)
def test_damaged_forms(client, refused, body):
    refused(submit(client, body, MULTIPART), 400)


@pytest.mark.parametrize("boundary", ["", ";", "; boundary=", "; boundary=é"])
def test_forms_without_a_boundary(client, refused, boundary):
    refused(submit(client, part(FILE), f"multipart/form-data{boundary}"), 400)


def test_a_boundary_that_is_too_long(client, refused):
    refused(submit(client, part(FILE), f"multipart/form-data; boundary={'x' * 999}"), 415)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "0", "", "٣"])
def test_lengths_that_are_none(client, refused, length):
    refused(client.post(SUBMIT, '{"image": 7}', JSON, CONTENT_LENGTH=length), 400)


@pytest.mark.parametrize("accept", ["", "text/html", "image/png", "x", "*/*;q=x", "a" * 5000])
def test_it_answers_in_json_whatever_is_accepted(client, accept):
    response = client.get(f"{SUBMIT}?format=xml", headers={"accept": accept})
    assert response.json()["results"] == []


@pytest.mark.parametrize("part", ["[],", "{},", "7,", '"a",', "1.5,", "[[[1],[2]]],"])
def test_json_that_would_fill_the_memory(client, refused, part):
    many = part * 500_000
    refused(client.post(PREDICT, '{"images": [' + many + "0]}", JSON), 400)
    refused(submit(client, '{"image": "AAAA", "strokes": [' + many + "0]}"), 400)


def test_the_most_strokes_that_are_accepted_are(client):
    strokes = [[[0.1 + point * 1.123456789 for point in range(100)]] * 3] * 200
    assert submit(client, {"image": text(), "strokes": strokes}).status_code == 201
