"""Small files as UNIPEN's and UCI's archives hold them."""

import pytest

UCI = """\
.INCLUDE dene.doc
.COORD X Y
.SEGMENT DIGIT 0 ? "1"
.COMMENT 1 12 224
.PEN_DOWN
 100 300
 100 250
 100 100
.PEN_UP
.DT 100
.SEGMENT DIGIT 1-2 ? "7"
.COMMENT 7 30 225
.PEN_DOWN
 0 200
 100 200
.PEN_UP
.DT 100
.PEN_DOWN
 50 50
.PEN_UP
.DT 100
"""

SEGMENTS = """\
.COMMENT made for a test
 which goes on in a second line with .PEN_DOWN in its middle
.HIERARCHY PAGE WORD CHARACTER
.INCLUDE {include}
.SEGMENT WORD 0-3 ? "ab"
.SEGMENT CHARACTER 0 ? "{first}"
.SEGMENT CHARACTER 1-2,3:1-3:2 OK "{second}"
.SEGMENT CHARACTER 3:0-4:1 GOOD "{third}"
"""
INK = """\
.VERSION 1.0
.WRITER_ID {writer}
.X_DIM 1000
.Y_DIM 1000
.COORD T X Y
.PEN_DOWN
0 0 100
10 0 0
.PEN_UP
0 999 999
.PEN_DOWN
0 10 10
10 20 10
.PEN_DOWN
0 10 20
.PEN_UP
.PEN_DOWN
0 0 0
10 30 10
20 40 10
30 50 50
.PEN_DOWN
0 60 0
10 60 60
20 70 70
"""


@pytest.fixture
def unipen(tmp_path):
    """A folder as the archive unpacks to."""
    root = tmp_path / "CDROM" / "train_r01_v07"

    def add(category, name, labels, writer="tom", ink=INK, include=None):
        include = include or f"{name.split('/')[0]}/data/{name.split('/')[-1]}"
        segments = root / "data" / category / name
        segments.parent.mkdir(parents=True, exist_ok=True)
        first, second, third = labels
        segments.write_text(
            SEGMENTS.format(include=include, first=first, second=second, third=third)
        )
        strokes = root / "include" / include
        strokes.parent.mkdir(parents=True, exist_ok=True)
        strokes.write_text(ink.format(writer=writer))
        return segments

    add("1a", "app/one.dat", "123")
    return tmp_path, add
