"""Hundreds of requests that no program should send, each by a name of its own."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.malformed import (
    BATCHES,
    BODIES,
    CONTENT_TYPES,
    FILE,
    FOREIGN,
    FORMS,
    IDS,
    NOT_TEXT,
    PICTURES,
    STROKES,
    TOO_LARGE,
    UNKNOWN,
    part,
)
from tests.support.samples import text

SUBMIT, PREDICT = "/api/v1/submissions/", "/api/v1/predict/"
ONE, EXPORT = f"{SUBMIT}{UNKNOWN}/", "/api/v1/export/"
JSON, MULTIPART = "application/json", "multipart/form-data; boundary=x"
TOKENS = ["", " ", "x", "digits_", f"digits_{'A' * 43}", "digits_é", "' OR 1=1 --", "x" * 5000]
METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]


@dataclass(frozen=True)
class Request:
    name: str
    path: str
    body: bytes
    type: str = JSON
    method: str = "POST"
    authorization: str = ""


def requests() -> list[Request]:
    """All of them."""
    return [*images(), *fields(), *bodies(), *forms(), *addresses()]


def images() -> Iterator[Request]:
    values = [(f"{kind(value)} {index}", value) for index, value in enumerate(FOREIGN + NOT_TEXT)]
    files = PICTURES | TOO_LARGE
    values += [(name, base64.b64encode(file).decode()) for name, file in files.items()]
    for name, value in values:
        yield Request(f"image: {name}", SUBMIT, as_json(image=value))
        yield Request(f"images: {name}", PREDICT, as_json(images=[value]))
    for name, file in files.items():
        yield Request(f"file: {name}", SUBMIT, as_form(file), MULTIPART)


def fields() -> Iterator[Request]:
    for name, values in [("strokes", STROKES), ("id", IDS)]:
        for index, value in enumerate(values):
            sent = {"image": text(), name: value}
            yield Request(f"{name}: {kind(value)} {index}", SUBMIT, as_json(**sent))
    for index, value in enumerate(BATCHES):
        yield Request(f"batch: {kind(value)} {index}", PREDICT, as_json(images=value))


def bodies() -> Iterator[Request]:
    for name, path in [("submit", SUBMIT), ("predict", PREDICT)]:
        for index, body in enumerate(BODIES):
            data = body if isinstance(body, bytes) else body.encode()
            yield Request(f"{name}: body {index}", path, data)
        for type in CONTENT_TYPES:
            yield Request(f"{name}: type {type[:40]}", path, as_json(image="AAAA"), type)


def forms() -> Iterator[Request]:
    for index, form in enumerate(FORMS):
        yield Request(f"form {index}", SUBMIT, form.encode(), MULTIPART)
    for boundary in ("", ";", "; boundary=", f"; boundary={'x' * 999}"):
        name = f"boundary {boundary[:15]}"
        yield Request(name, SUBMIT, part(FILE).encode(), f"multipart/form-data{boundary}")


def addresses() -> Iterator[Request]:
    for index, token in enumerate(TOKENS):
        sent = {"method": "GET", "authorization": f"Bearer {token}"}
        yield Request(f"token {index}", SUBMIT, b"", **sent)
    yield Request("export without a token", EXPORT, b"", method="GET")
    for method in METHODS:
        yield Request(f"{method} to predict", PREDICT, as_json(images=[text()]), method=method)
    for name, path in [("drawing", ONE), ("picture", f"{ONE}drawing.png"), ("place", "/api/v2/")]:
        yield Request(f"no such {name}", path, b"", method="GET")
    yield Request("no slash at the end", PREDICT[:-1], as_json(images=[text()]))


def kind(value: Any) -> str:
    return type(value).__name__


def as_json(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def as_form(file: bytes) -> bytes:
    return f"--x\r\n{FILE}\r\n\r\n".encode() + file + b"\r\n--x--"
