"""What a schema can't say of a drawing, for Schemathesis, which makes requests of the schema."""

import base64
from typing import Any

import cv2
import schemathesis
from hypothesis import strategies

from ml.strokes import from_lists, render

STROKES = [[[140, 140], [60, 220]]], [[[80, 200, 120], [70, 70, 225]]]
PICTURES = [255 - render(from_lists(strokes)) for strokes in STROKES]
FILES = [cv2.imencode(".png", picture)[1].tobytes() for picture in PICTURES]
TEXTS = [base64.b64encode(file).decode() for file in FILES]
URLS = [f"data:image/png;base64,{text}" for text in TEXTS]

schemathesis.openapi.format("image", strategies.sampled_from(TEXTS + URLS))
schemathesis.openapi.format("binary", strategies.sampled_from(FILES))


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Gives each stroke as many x as y and t, where it is one; see also `placed`."""
    strokes = body.get("strokes") if isinstance(body, dict) else None
    if not isinstance(strokes, list):
        return body
    arrange = even if "image" in body else placed
    return body | {"strokes": [arrange(stroke) for stroke in strokes]}


def even(stroke: Any) -> Any:
    if not isinstance(stroke, list) or not all(isinstance(axis, list) for axis in stroke):
        return stroke
    shortest = min(map(len, stroke), default=0)
    return [axis[:shortest] for axis in stroke]


def placed(stroke: Any) -> Any:
    """Without an image, it has to be on the canvas of 280 x 280."""
    axes = even(stroke)
    if axes is stroke:
        return stroke
    return [[on_canvas(value) for value in axis] for axis in axes]


def on_canvas(value: Any) -> Any:
    is_number = type(value) in (int, float) and abs(value) < 10**12
    return abs(value) % 280 if is_number else value
