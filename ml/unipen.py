"""Drawings out of files in UNIPEN's text format (Guyon et al. 1994, http://unipen.nici.ru.nl).

.INCLUDE app/data/pen00.dat             another file's text, in this place
.WRITER_ID 12
.COORD X Y T                            what the columns are
.PEN_DOWN                               component 0: points, a line each
 273 323 10
 270 320 20
.PEN_UP
.SEGMENT CHARACTER 0-1,3:5-3:20 OK "a"  which components, or points of them; quality; label
"""

import gzip
import hashlib
import re
import subprocess
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

Points = NDArray[np.float64]  # (points, 2), y upwards
Row = dict[str, Any]

DIGITS = frozenset("0123456789")
# Digits, capital letters, small letters, symbols. What follows are words and texts.
CATEGORIES = ("1a", "1b", "1c", "1d")
SIDE = 255

_SEGMENT = re.compile(r'(\S+)\s+(\S+)\s+(\S+)\s+"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_PART = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?")


class UnipenError(ValueError):
    """A file or folder that is not UNIPEN's. Its text is a sentence for people."""


@dataclass
class Segment:
    """One labelled drawing, as a file describes it."""

    level: str  # CHARACTER, DIGIT, WORD, ...
    components: str  # "0-1,3:5-3:20"
    quality: str  # GOOD, OK, LTA (less than acceptable), BAD or ?
    label: str
    comment: str = ""  # what follows it


@dataclass
class Ink:
    """What a file and those that it includes hold."""

    components: list[Points] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)  # of each component, "" when unnamed
    segments: list[Segment] = field(default_factory=list)
    columns: list[str] = field(default_factory=lambda: ["X", "Y"])
    writer: str = ""
    # Points an inch: some tablets are finer in one direction.
    resolution: dict[str, float] = field(default_factory=dict)

    def strokes(self, components: str) -> list[Points]:
        """Of a segment, y downwards; empty when the file doesn't hold all of it."""
        unit = np.array([1.0, -1.0])
        if len(self.resolution) == 2 and min(self.resolution.values()) > 0:
            unit[0] = self.resolution["Y"] / self.resolution["X"]
        try:
            return [points * unit for points in self._cut(components) if len(points)]
        except IndexError:
            return []

    def _cut(self, components: str) -> Iterator[Points]:
        """Both ends of a range belong to it."""
        for part in components.split(","):
            found = _PART.fullmatch(part)
            if not found:
                raise IndexError(part)
            first, start, last = int(found[1]), int(found[2] or 0), int(found[3] or found[1])
            end = found[4] if found[3] else found[2]
            for index in range(first, last + 1):
                stop = int(end) + 1 if end and index == last else None
                yield self.components[index][start if index == first else 0 : stop]


def unipen_rows(place: Path) -> Iterator[Row | None]:
    """The drawings of train_r01_v07, categories 1a to 1d; None for each that can't be used.

    place: the unpacked folder, or any folder above it. Raises UnipenError.
    """
    folders = [
        (category, folder)
        for category in CATEGORIES
        for folder in sorted(place.rglob(f"data/{category}"))
        if (folder.parent.parent / "include").is_dir()
    ]
    if not folders:
        raise UnipenError(f"{place} holds no UNIPEN data: folders such as data/1a and include.")
    files = [
        (category, folder, file)
        for category, folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    for category, folder, file in tqdm(files, desc="UNIPEN", unit=" files", disable=None):
        name = file.relative_to(folder).as_posix()
        collector = name.split("/")[0].lower()
        ink = read(file, include=folder.parent.parent / "include")
        for segment in ink.segments:
            row = _row(ink, segment, f"unipen-{category}")
            if row and (row["label"] in DIGITS) == (category == "1a"):
                # A writer is one within what one collector gave; without a name, of one file.
                writer = row["writer"] or name
                row["writer"] = f"{collector}-{_hash(f'{collector}:{writer}')}"
                yield row
            elif segment.level in ("CHARACTER", "DIGIT"):
                yield None


def uci_rows(file: Path) -> Iterator[Row | None]:
    """The drawings of pendigits-orig.tra or .tes, packed or not; None for what can't be used.

    Raises UnipenError.
    """
    ink = read(file)
    # The writers of the test part are other people, whatever their numbers are.
    prefix = "pt" if ".tes" in file.name else "pd"
    for segment in tqdm(ink.segments, desc="UCI", unit=" digits", disable=None):
        row = _row(ink, segment, "pendigits")
        comment = segment.comment.split()  # label, writer, number
        if row and row["label"] in DIGITS and len(comment) == 3:
            name = f"{prefix}{comment[1]}"
            row["writer"] = f"{name}-{_hash(name)}"
            yield row
        else:
            yield None


def read(file: Path, include: Path | None = None) -> Ink:
    """include: the folder that .INCLUDE starts from. Raises UnipenError."""
    ink = Ink()
    _read(_text(file), include, ink, {file})
    return ink


def unpack(archive: Path, folder: Path) -> None:
    """What an archive of train_r01_v07 has of the categories above. Raises UnipenError."""
    try:
        with tarfile.open(archive) as files:
            for member in tqdm(files, desc="Unpacking", unit=" files", disable=None):
                parts = PurePosixPath(member.name).parts
                wanted = "include" in parts or not set(CATEGORIES).isdisjoint(parts)
                if member.isfile() and wanted and ".." not in parts and parts[0] != "/":
                    path = folder.joinpath(*parts)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(cast(IO[bytes], files.extractfile(member)).read())
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnipenError(f"{archive} is not a whole tar archive: {error}.") from error


def _read(text: str, include: Path | None, ink: Ink, opened: set[Path]) -> None:
    # A keyword stands in the first column; its arguments go on up to the next one.
    for statement in f"\n{text}".split("\n.")[1:]:
        keyword, arguments = [*statement.split(None, 1), "", ""][:2]
        match keyword:
            case "PEN_DOWN":
                ink.components.append(_points(arguments, ink.columns))
                ink.writers.append(ink.writer)
            case "SEGMENT":
                if found := _SEGMENT.match(arguments):
                    level, components, quality, label = found.groups()
                    label = _ESCAPED.sub(r"\1", label)
                    ink.segments.append(Segment(level, components, quality, label))
            case "COMMENT":
                if ink.segments:
                    ink.segments[-1].comment = arguments
            case "COORD":
                ink.columns = arguments.split()
            case "WRITER_ID":
                ink.writer = arguments.strip()
            case "X_POINTS_PER_INCH" | "X_POINTS_PER_MM" | "Y_POINTS_PER_INCH" | "Y_POINTS_PER_MM":
                ink.resolution[keyword[0]] = _number(arguments)
            case "INCLUDE":
                # Lists of words and descriptions of tablets are not always there, nor needed.
                file = include / arguments.strip() if include else None
                if file and file.is_file() and file not in opened:
                    _read(_text(file), include, ink, opened | {file})


def _points(text: str, columns: list[str]) -> Points:
    """float64 (points, 2); a last line that is cut off is left out."""
    try:
        numbers = np.array(text.split(), np.float64)
        table = numbers[: len(numbers) // len(columns) * len(columns)].reshape(-1, len(columns))
        return table[:, [columns.index("X"), columns.index("Y")]]
    except (ValueError, ZeroDivisionError):  # damaged: numbering goes on, its segments don't
        return np.empty((0, 2))


def _row(ink: Ink, segment: Segment, source: str) -> Row | None:
    """As the files of data have it, with the writer's own name still."""
    strokes = ink.strokes(segment.components)
    usable = segment.level in ("CHARACTER", "DIGIT") and segment.quality not in ("BAD", "LTA")
    if not usable or not strokes or len(segment.label) != 1 or segment.label.isspace():
        return None
    first = int(re.split(r"\D", segment.components)[0])
    return {
        "source": source,
        "writer": ink.writers[first] or ink.writer,
        "label": segment.label,
        "strokes": _scaled(strokes),
    }


def _scaled(strokes: Iterable[Points]) -> list[list[list[int]]]:
    """To whole numbers from 0 to SIDE along the longer side."""
    every = np.concatenate(list(strokes))
    low = every.min(axis=0)
    scale = SIDE / max(float((every.max(axis=0) - low).max()), 1e-9)
    return [np.rint((points - low) * scale).astype(int).T.tolist() for points in strokes]


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        elif content.startswith(b"\x1f\x9d"):
            # What `compress` made in 1998, which Python can't read and every gzip program can.
            unpacking = ["gzip", "--decompress", "--stdout"]
            content = subprocess.run(
                unpacking, input=content, capture_output=True, check=True
            ).stdout
    except (OSError, EOFError, zlib.error, subprocess.CalledProcessError) as error:
        raise UnipenError(f"{file} can't be read: {error}.") from error
    return content.decode("latin-1").replace("\r\n", "\n")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _hash(name: str) -> str:
    """Tells writers apart without naming them."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:8]
