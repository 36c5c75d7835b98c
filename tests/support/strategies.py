"""What Hypothesis makes: strokes, JSON, and files that were damaged."""

from typing import Any

from hypothesis import strategies as st

from ml.strokes import CANVAS

NUMBERS = st.floats(0, CANVAS, width=32)
# Whatever JSON can say, of which a drawing is a small part.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def strokes(draw: st.DrawFn, numbers: st.SearchStrategy[float] = NUMBERS) -> list[Any]:
    """As they are stored: x, y and, of some, t."""
    drawn = []
    for _ in range(draw(st.integers(1, 4))):
        points, axes = draw(st.integers(1, 12)), draw(st.integers(2, 3))
        axis = st.lists(numbers, min_size=points, max_size=points)
        drawn.append([draw(axis) for _ in range(axes)])
    return drawn


@st.composite
def damaged(draw: st.DrawFn, file: bytes) -> bytes:
    """The file with bytes changed, cut out, said twice or put in, and its end cut off."""
    data = bytearray(file)
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 64)))
        data[start:end] = draw(
            st.binary(min_size=end - start, max_size=end - start)
            | st.binary(max_size=16)
            | st.just(bytes(data[start:end]) * 2)
            | st.just(b"")
        )
    return bytes(data[: draw(st.integers(0, len(data)) | st.just(len(data)))])
