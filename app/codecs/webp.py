"""What a WebP says of itself that libwebp and Pillow don't tell, or too late.

https://developers.google.com/speed/webp/docs/riff_container
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from app.codecs.picture import Size

_HEAD_BYTES = 30
_KIND_AT, _FLAGS_AT = 12, 20
_ALPHA_FLAG = 0x10
"""Of the extended header (VP8X)."""
_SIDE_BITS = 14
_SIDE = (1 << _SIDE_BITS) - 1


def size(file: BinaryIO) -> Size:
    """Return the size of the canvas, for which libwebp would make room first. Raises ValueError where it is missing."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    kind, data = head[12:16], head[20:]
    if kind == b"VP8X" and len(data) == 10:
        return Size(_number(data[7:10]) + 1, _number(data[4:7]) + 1)
    if kind == b"VP8L" and len(data) >= 5:
        bits = _number(data[1:5])
        return Size((bits >> _SIDE_BITS & _SIDE) + 1, (bits & _SIDE) + 1)
    if kind == b"VP8 " and len(data) == 10:
        return Size(_number(data[8:10]) & _SIDE, _number(data[6:8]) & _SIDE)
    raise ValueError("no size in the head")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def is_lossless(file: BinaryIO) -> bool:
    """Tell whether no part is lossy (VP8 is, VP8L is not)."""
    return b"VP8 " not in set(_kinds(file))


def says_alpha(file: bytes) -> bytes:
    """Return a file that says it has alpha: libwebp forgets to where the visible part of every frame is a rectangle.

    A file without the extended header says it in its pixels.
    """
    if file[_KIND_AT : _KIND_AT + 4] != b"VP8X":
        return file
    return file[:_FLAGS_AT] + bytes([file[_FLAGS_AT] | _ALPHA_FLAG]) + file[_FLAGS_AT + 1 :]


def _kinds(file: BinaryIO) -> Iterator[bytes]:
    """Yield the kinds of the chunks, those inside of animation frames (ANMF, after 16 bytes of its own) too."""
    end = file.seek(0, 2)
    at = _KIND_AT
    while at + 8 <= end:
        file.seek(at)
        kind, length = struct.unpack("<4sI", file.read(8))
        yield kind
        at += 8 + (16 if kind == b"ANMF" else length + length % 2)
