"""Where the numbers and the parts of a valid file lie, so that a mutation can lie about one or move the other."""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.fuzz.containers import PNG_SIGNATURE

JPEG_SCAN, JPEG_END = 0xDA, 0xD9
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BOXES_OF_BOXES = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
"""Boxes that hold others, and how many bytes stand before them."""
_TIFF_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}


class Number(NamedTuple):
    """An unsigned number of a file: where it is, its bytes, and their order, `<` or `>`."""

    offset: int
    bytes: int
    order: str = ">"

    def read(self, file: bytes) -> int:
        return int.from_bytes(file[self.offset : self.offset + self.bytes], self._order)

    def written(self, file: bytes, value: int) -> bytes:
        """Return the file with as much of `value` there as fits."""
        data = (value % (1 << 8 * self.bytes)).to_bytes(self.bytes, self._order)
        return file[: self.offset] + data + file[self.offset + self.bytes :]

    @property
    def _order(self) -> str:
        return "little" if self.order == "<" else "big"


class Part(NamedTuple):
    """A chunk, segment, block or box of a file, with its head: `kind` names it, `data` is where its content begins."""

    kind: bytes
    start: int
    data: int
    end: int


def parts(file: bytes, format_: str) -> list[Part]:
    """Return the parts of a valid file in their order; nested ones come after the one they are in."""
    return list(_PARTS[format_](file))


def numbers(file: bytes, format_: str) -> list[Number]:
    """Return the numbers of a valid file that say how large, how deep, how many or how long something is."""
    return [number for number in _NUMBERS[format_](file) if number.offset + number.bytes <= len(file)]


def repaired(file: bytes) -> bytes:
    """Return a PNG with the checksum of every chunk put right, a WebP with its whole length; others as they are."""
    if file.startswith(PNG_SIGNATURE):
        return _with_checksums(file)
    if file[:4] == b"RIFF":
        return file[:4] + struct.pack("<I", max(len(file) - 8, 0)) + file[8:]
    return file


def _with_checksums(file: bytes) -> bytes:
    checked = bytearray(file)
    for part in _png_parts(file):
        if part.end <= len(file):
            checked[part.end - 4 : part.end] = struct.pack(">I", zlib.crc32(file[part.start + 4 : part.end - 4]))
    return bytes(checked)


# --- PNG --------------------------------------------------------------------------------------------------------------


def _png_parts(file: bytes) -> Iterator[Part]:
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(file):
        length, kind = struct.unpack(">I4s", file[at : at + 8])
        yield Part(kind, at, at + 8, at + 12 + length)
        at += 12 + length


def _png_numbers(file: bytes) -> Iterator[Number]:
    layouts = {
        b"IHDR": (4, 4, 1, 1, 1, 1, 1),
        b"acTL": (4, 4),
        b"fcTL": (4, 4, 4, 4, 4, 2, 2, 1, 1),
        b"pHYs": (4, 4, 1),
    }
    for part in _png_parts(file):
        yield Number(part.start, 4)
        yield from _row(part.data, layouts.get(part.kind, ()))


def _row(offset: int, layout: tuple[int, ...], order: str = ">") -> Iterator[Number]:
    for length in layout:
        yield Number(offset, length, order)
        offset += length


# --- JPEG -------------------------------------------------------------------------------------------------------------


def _jpeg_parts(file: bytes) -> Iterator[Part]:
    """Yield the segments; a scan goes on to the next marker."""
    at = 2
    while at + 4 <= len(file) and file[at] == 0xFF and file[at + 1] != JPEG_END:
        marker = file[at + 1]
        end = at + 2 + int.from_bytes(file[at + 2 : at + 4], "big")
        if marker == JPEG_SCAN:
            end = _end_of_scan(file, end)
        yield Part(bytes([marker]), at, at + 4, end)
        at = end


def _end_of_scan(file: bytes, at: int) -> int:
    while (at := file.find(b"\xff", at)) >= 0:
        if at + 1 < len(file) and file[at + 1] != 0 and not 0xD0 <= file[at + 1] <= 0xD7:
            return at
        at += 2
    return len(file)


def _jpeg_numbers(file: bytes) -> Iterator[Number]:
    for part in _jpeg_parts(file):
        yield Number(part.start + 2, 2)
        if part.kind[0] in _JPEG_SIZES:
            yield from _row(part.data, (1, 2, 2, 1, 1, 1, 1))
        elif part.kind[0] == JPEG_SCAN:
            yield from _row(part.data, (1, 1, 1))
            yield from _row(part.data + 1 + 2 * file[part.data], (1, 1, 1))
        else:
            yield from _row(part.data, (1, 1, 1))


# --- GIF --------------------------------------------------------------------------------------------------------------


def _gif_parts(file: bytes) -> Iterator[Part]:
    at = 13 + _gif_palette(file[10])
    while at < len(file) and file[at] in b"\x21,":
        start, data = at, at + 2
        if file[at] == ord(","):
            data = at + 10 + _gif_palette(file[at + 9]) + 1
        at = data
        while at < len(file) and file[at]:
            at += 1 + file[at]
        at += 1
        yield Part(file[start : start + 1], start, data, at)


def _gif_palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_numbers(file: bytes) -> Iterator[Number]:
    yield from _row(6, (2, 2, 1, 1, 1), "<")
    for part in _gif_parts(file):
        if part.kind == b",":
            yield from _row(part.start + 1, (2, 2, 2, 2, 1), "<")
            yield from _row(part.data - 1, (1, 1), "<")
        else:
            yield from _row(part.start + 1, (1, 1, 1, 2, 1), "<")


# --- WebP -------------------------------------------------------------------------------------------------------------


def _webp_parts(file: bytes) -> Iterator[Part]:
    return _riff_parts(file, 12, len(file))


def _riff_parts(file: bytes, at: int, end: int) -> Iterator[Part]:
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", file[at : at + 8])
        following = min(at + 8 + length + length % 2, end)
        yield Part(kind, at, at + 8, following)
        if kind == b"ANMF":
            yield from _riff_parts(file, at + 24, following)
        at = following


def _webp_numbers(file: bytes) -> Iterator[Number]:
    layouts = {
        b"VP8X": (1, 3, 3, 3),
        b"ANIM": (4, 2),
        b"ANMF": (3, 3, 3, 3, 3, 1),
        b"ALPH": (1, 1),
        b"VP8L": (1, 4),
        b"VP8 ": (3, 3, 2, 2),
    }
    yield Number(4, 4, "<")
    for part in _webp_parts(file):
        yield Number(part.start + 4, 4, "<")
        yield from _row(part.data, layouts.get(part.kind, ()), "<")


# --- TIFF -------------------------------------------------------------------------------------------------------------


class TiffLayout(NamedTuple):
    """How long the numbers of a TIFF are: its offsets, and the number of entries of a directory."""

    order: str
    offset: int
    entries: int

    @property
    def first(self) -> Number:
        """Where the offset of the first directory stands."""
        return Number(self.offset, self.offset, self.order)

    @property
    def entry(self) -> int:
        return 4 + 2 * self.offset


def tiff_layout(file: bytes) -> TiffLayout:
    order = "<" if file[:2] == b"II" else ">"
    return TiffLayout(order, 8, 8) if 43 in (file[2], file[3]) else TiffLayout(order, 4, 2)


def tiff_directories(file: bytes) -> Iterator[Part]:
    """Yield the directories of the chain, without the pointer to the next that stands at their end."""
    layout = tiff_layout(file)
    seen: set[int] = set()
    at = layout.first.read(file)
    while at and at not in seen and at + layout.entries <= len(file):
        seen.add(at)
        data = at + layout.entries
        end = data + Number(at, layout.entries, layout.order).read(file) * layout.entry
        yield Part(b"IFD", at, data, end)
        at = Number(end, layout.offset, layout.order).read(file)


def _tiff_parts(file: bytes) -> Iterator[Part]:
    """Yield the entries and, as no file has them otherwise in their place, the values that they point to."""
    layout = tiff_layout(file)
    for directory in tiff_directories(file):
        for at in range(directory.data, min(directory.end, len(file) - layout.entry + 1), layout.entry):
            yield Part(b"entry", at, at + 4 + layout.offset, at + layout.entry)
            type_ = Number(at + 2, 2, layout.order).read(file)
            count = Number(at + 4, layout.offset, layout.order).read(file)
            length = count * _TIFF_VALUE_BYTES.get(type_, 1)
            where = Number(at + 4 + layout.offset, layout.offset, layout.order).read(file)
            if layout.offset < length and where + length <= len(file):
                yield Part(b"value", where, where, where + length)


def _tiff_numbers(file: bytes) -> Iterator[Number]:
    layout = tiff_layout(file)
    yield layout.first
    for directory in tiff_directories(file):
        yield Number(directory.start, layout.entries, layout.order)
        yield Number(directory.end, layout.offset, layout.order)
    for part in _tiff_parts(file):
        if part.kind == b"entry":
            yield from _row(part.start, (2, 2, layout.offset, layout.offset), layout.order)
        else:
            yield Number(part.start, min(4, part.end - part.start), layout.order)


# --- AVIF -------------------------------------------------------------------------------------------------------------


def _avif_parts(file: bytes) -> Iterator[Part]:
    return _boxes(file, 0, len(file))


def _boxes(file: bytes, at: int, end: int) -> Iterator[Part]:
    while at + 8 <= end:
        length, kind = struct.unpack(">I4s", file[at : at + 8])
        following = at + length if 8 <= length <= end - at else end
        yield Part(kind, at, at + 8, following)
        if kind in _BOXES_OF_BOXES:
            yield from _boxes(file, at + 8 + _BOXES_OF_BOXES[kind], following)
        at = following


def _avif_numbers(file: bytes) -> Iterator[Number]:
    """Yield the length of each box, and what is in a box of properties four bytes at a time."""
    for part in _avif_parts(file):
        yield Number(part.start, 4)
        if part.kind not in _BOXES_OF_BOXES and part.kind != b"mdat":
            yield from _row(part.data, (4,) * min((part.end - part.data) // 4, 24))
            yield from _row(part.data, (1,) * min(part.end - part.data, 8))


# --- BMP --------------------------------------------------------------------------------------------------------------


def _bmp_parts(file: bytes) -> Iterator[Part]:
    pixels = int.from_bytes(file[10:14], "little")
    yield Part(b"file", 0, 0, 14)
    yield Part(b"info", 14, 18, 54)
    yield Part(b"palette", 54, 54, pixels)
    yield Part(b"pixels", pixels, pixels, len(file))


def _bmp_numbers(_: bytes) -> Iterator[Number]:
    yield from _row(2, (4, 2, 2, 4, 4, 4, 4, 2, 2, 4, 4, 4, 4, 4, 4), "<")


_PARTS: dict[str, Callable[[bytes], Iterator[Part]]] = {
    "png": _png_parts,
    "jpeg": _jpeg_parts,
    "gif": _gif_parts,
    "webp": _webp_parts,
    "tiff": _tiff_parts,
    "avif": _avif_parts,
    "bmp": _bmp_parts,
}
_NUMBERS: dict[str, Callable[[bytes], Iterator[Number]]] = {
    "png": _png_numbers,
    "jpeg": _jpeg_numbers,
    "gif": _gif_numbers,
    "webp": _webp_numbers,
    "tiff": _tiff_numbers,
    "avif": _avif_numbers,
    "bmp": _bmp_numbers,
}
