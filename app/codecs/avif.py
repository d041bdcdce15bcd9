"""What an AVIF says of itself that Pillow does not read."""

import struct
from typing import BinaryIO

_HEAD_BYTES = 4096
_HIGH_BIT_DEPTH = 0x40
_SRGB_PRIMARIES = frozenset({1, 2})
_SRGB_CURVES = frozenset({1, 2, 6, 13, 14, 15})
"""Codes of ITU-T H.273 for sRGB, for what players show as sRGB, and for not saying it."""


def has_other_colours(file: BinaryIO) -> bool:
    """Tell whether a `colr` box (ISO/IEC 14496-12, 12.1.5) names other primaries or another curve than sRGB's."""
    rest = _after(file, b"colrnclx")
    if len(rest) < 4:
        return False
    primaries, curve = struct.unpack_from(">HH", rest)
    return primaries not in _SRGB_PRIMARIES or curve not in _SRGB_CURVES


def is_deep(file: BinaryIO) -> bool:
    """Tell by its codec configuration (`av1C`, AV1-ISOBMFF 2.3.3) whether it has more than 8 bits a channel."""
    rest = _after(file, b"av1C")
    return len(rest) > 2 and bool(rest[2] & _HIGH_BIT_DEPTH)


def _after(file: BinaryIO, name: bytes) -> bytes:
    file.seek(0)
    return file.read(_HEAD_BYTES).partition(name)[2]
