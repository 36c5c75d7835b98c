"""Image files of strangers, cut down to what shows the picture.

A decoder may be kept busy by what a picture does not need: profiles that unpack to megabytes, notes
in thousands of parts, further frames. Of all that only the orientation changes what one sees.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

PNG = b"\x89PNG\r\n\x1a\n"
# Chunks, segments or blocks of a file. Usual are fewer than a hundred.
MAX_PARTS = 10_000
MAX_TAGS = 256  # of Exif that are looked at
ORIENTATION = 0x0112
BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
NUMBERS = {3: "H", 4: "I"}  # by their kind in TIFF
XMP = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')
# How JPEG's frames begin; the first two are painted in one go, unless in several scans.
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
SEQUENTIAL = {0xC0, 0xC1}
SCALABLE = SEQUENTIAL | {0xC2, 0xC9, 0xCA}  # what else there is, is lossless or unheard of
# What follows compressed pixels: neither a byte of them nor a mark to find one's way.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Bits of the least that WebP's lossless compression needs to give a part of a picture a code of its
# own: five trees that have one leaf.
CODE_BITS = 20

# What people take for pictures, by how such files begin.
FOREIGN = {b"II*\0": "TIFF", b"MM\0*": "TIFF", b"%PDF": "PDF"}
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

Orientation = int  # as in Exif, 1 to 8


class TooManyParts(Exception):
    """More than MAX_PARTS."""


class Essence(NamedTuple):
    """A file that shows the same picture, and what the decoder will not know of it."""

    data: bytes
    orientation: Orientation = 1
    # The most codes that its compression may have, each of which costs more than a pixel.
    codes: int = 0
    # How often a decoder goes over all of the picture, which it has to hold if more than once.
    passes: int = 1


def essence(data: bytes) -> Essence:
    """Drop what the picture doesn't need from the bytes of a PNG, JPEG, WebP or GIF file.

    Other files come back as they are. Raises TooManyParts, and IndexError, ValueError or
    struct.error where a file is damaged.
    """
    if data.startswith(PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"GIF8"):
        return _gif(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return Essence(data)


def foreign_kind(data: bytes) -> str:
    """Of a file that shows a picture, and not to a decoder here; empty for anything else."""
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        return "HEIC" if brand in HEIC else "AVIF" if brand in (b"avif", b"avis") else ""
    return FOREIGN.get(data[:4], "SVG" if b"<svg" in data[:1000] else "")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind of each chunk, and all of its bytes: fewer than it says where the file ends."""
    start = len(PNG)
    for _ in range(MAX_PARTS):
        if start + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        yield kind, data[start:end]
        if kind == b"IEND":
            return
        start = end
    raise TooManyParts


def png_chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", check)


def _png(data: bytes) -> Essence:
    found: dict[bytes, bytes] = {}
    pixels, notes = [], []
    for kind, chunk in png_chunks(data):
        if kind == b"IDAT":
            (length,) = struct.unpack_from(">I", chunk)
            pixels.append(chunk[8 : 8 + length])
        elif kind in (b"IHDR", b"PLTE", b"tRNS"):
            found.setdefault(kind, chunk)
        elif kind in (b"eXIf", b"iTXt"):
            notes.append(chunk[8:])
    # One IDAT, since each of them takes a turn of the decoder.
    chunks = [*found.values(), png_chunk(b"IDAT", b"".join(pixels)), png_chunk(b"IEND", b"")]
    return Essence(PNG + b"".join(chunks), _orientation(notes))


def _jpeg(data: bytes) -> Essence:
    kept = {0xD8: data[:2]}
    notes: list[bytes] = []
    tables: list[bytes] = []
    frame = 0
    at = 2
    for _ in range(MAX_PARTS):
        at = data.index(b"\xff", at)
        marker = data[at + 1]
        if marker in (0x00, 0xFF):  # filling
            at += 1
        elif marker == 0xDA:  # the first scan: from here on there is little else
            end, scans = _end_of_scans(data, at)
            passes = 1 if frame in SEQUENTIAL and scans == 1 else scans + 1
            whole = b"".join([*kept.values(), *tables, data[at:end]])
            return Essence(whole, _orientation(notes), passes=passes)
        elif marker == 0x01 or 0xD0 <= marker <= 0xD9:  # without a content
            at += 2
        else:
            end = at + 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
            if marker in (0xE0, 0xEE):  # JFIF's and Adobe's tell what the colours are
                kept.setdefault(marker, data[at:end])
            elif marker == 0xE1:
                notes.append(data[at + 4 : end])
            elif not (0xE2 <= marker <= 0xEF or marker == 0xFE):
                tables.append(data[at:end])
                if marker in FRAMES - SCALABLE:
                    raise ValueError("a kind of JPEG that can't be made smaller while it is read")
                frame = marker if marker in FRAMES else frame
            at = end
    raise TooManyParts


def _end_of_scans(data: bytes, at: int) -> tuple[int, int]:
    """Where the picture ends, behind which phones keep others and films, and its scans."""
    scans = 0
    for _ in range(MAX_PARTS):
        marker = data[at + 1]
        scans += marker == 0xDA
        if marker == 0xD9:
            return at + 2, scans
        if marker >= 0xC0:  # what else has no content
            at += int.from_bytes(data[at + 2 : at + 4])
        found = MARKER.search(data, at + 2)
        if not found:
            return len(data), scans
        at = found.start()
    raise TooManyParts


def _gif(data: bytes) -> Essence:
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)  # behind its colours
    head, control = data[:at], b""
    for _ in range(MAX_PARTS):
        if data[at] == 0x2C:  # the first frame: a decoder does not look beyond it
            return Essence(head + control + data[at:])
        if data[at] == 0x21:
            end = _end_of_blocks(data, at + 2)
            if data[at + 1] == 0xF9:  # which colour is transparent
                control = data[at:end]
            at = end
        else:
            at += 1
    raise TooManyParts


def _end_of_blocks(data: bytes, at: int) -> int:
    for _ in range(MAX_PARTS):
        if not data[at]:
            return at + 1
        at += data[at] + 1
    raise TooManyParts


def _webp(data: bytes) -> Essence:
    kept: dict[bytes, bytes] = {}
    notes: list[bytes] = []
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            body = b"WEBP" + b"".join(kept.values())
            whole = b"RIFF" + struct.pack("<I", len(body)) + body
            return Essence(whole, _orientation(notes), _codes(kept))
        kind, size = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + size + size % 2]
        if kind in (b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"):
            kept.setdefault(kind, chunk)
        elif kind in (b"EXIF", b"XMP "):
            notes.append(chunk[8:])
        at += len(chunk)
    raise TooManyParts


def _codes(chunks: dict[bytes, bytes]) -> int:
    frame = chunks.get(b"ANMF", b"")
    if b"VP8L" not in frame and b"ALPH" not in frame:
        frame = b""
    lossless = [chunks.get(b"VP8L", b""), chunks.get(b"ALPH", b""), frame]
    return 8 * sum(map(len, lossless)) // CODE_BITS


def _orientation(notes: list[bytes]) -> Orientation:
    """Of the contents of Exif and XMP, among others; Exif's word counts first."""
    notes = [note.removeprefix(b"Exif\0\0") for note in notes]
    tiff = next((note for note in notes if note[:4] in BYTE_ORDERS), b"")
    found = _tag(tiff) if tiff else None
    if found is None and (match := XMP.search(b"".join(notes))):
        found = int(match[1])
    return found if found and found < 9 else 1


def _tag(tiff: bytes) -> int | None:
    """The orientation, of so many of the first directory's tags as a camera may write."""
    order = BYTE_ORDERS[tiff[:4]]
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * min(count, MAX_TAGS), 12):
            tag, kind = struct.unpack_from(f"{order}HH", tiff, at)
            if tag == ORIENTATION and kind in NUMBERS:
                return int(struct.unpack_from(order + NUMBERS[kind], tiff, at + 8)[0])
    except struct.error:  # it ends before it says so
        pass
    return None
