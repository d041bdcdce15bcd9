"""What Pillow does not tell of a JPEG: its depth where it is not 8 bits, and its scans."""

from typing import BinaryIO

from app.errors import UnsupportedImage

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers: ITU-T T.81, table B.1."""
_START_OF_SCAN = 0xDA


def check_depth(file: BinaryIO) -> None:
    """Raise UnsupportedImage for a JPEG that says before its first scan that it has not 8 bits a channel."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] != _START_OF_SCAN:
        marker, length = head[1], int.from_bytes(head[2:], "big")
        if marker in _START_OF_FRAME:
            bits = file.read(1)
            if bits not in {b"\x08", b""}:
                raise UnsupportedImage(f"the JPEG has {bits[0]} bits a channel; send one of 8, or PNG or TIFF of 16")
            return
        file.seek(length - 2, 1)


def has_one_scan(file: BinaryIO) -> bool:
    """Tell whether there is one scan at most: each may cost as much as a whole picture. A thumbnail's counts too."""
    file.seek(0)
    return file.read().count(bytes([0xFF, _START_OF_SCAN])) <= 1
