"""Files written by hand, byte by byte: what no library writes, because it is rare, or wrong, or far too large."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by PNG's colour type."""
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column, first row, step along a row and down a column of the passes of an interlaced PNG."""
ONE_PASS = ((0, 0, 1, 1),)

BYTE, ASCII, SHORT, LONG, LONG8 = 1, 2, 3, 4, 16
"""Types of a TIFF's values."""
_TIFF_LETTERS = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", LONG8: "Q"}

_GIF_BITS = 2
_ZEROS = bytes(1 << 20)


def png_chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def ihdr(width: int, height: int, depth: int, colour: int, interlaced: bool = False) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def png_row_bytes(width: int, depth: int, colour: int) -> int:
    return (width * depth * PNG_CHANNELS[colour] + 7) // 8


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def solid_vp8l(width: int, height: int) -> bytes:
    """Return the data of a lossless WebP in one colour: five codes of one symbol each, so that pixels take no bits.

    https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification
    """
    no_transform_no_cache_no_meta, code_of_symbol_0 = "000", "1000"
    bits = f"{width - 1:014b}"[::-1] + f"{height - 1:014b}"[::-1] + "0000" + no_transform_no_cache_no_meta
    bits += 5 * code_of_symbol_0
    packed = int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")
    return b"\x2f" + packed


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box of an ISO base media file, which AVIF and HEIC are."""
    data = b"".join(parts)
    return struct.pack(">I", 8 + len(data)) + kind + data


class Tag(NamedTuple):
    """An entry of a TIFF directory."""

    type: int
    values: Sequence[int]


def tiff(
    directories: Iterable[Mapping[int, Tag]], data: bytes = b"", *, order: str = "<", magic: bytes | None = None
) -> bytes:
    """Return a classic TIFF. `data` begins at byte 8, so strips in it are found there; order is `<` or `>`."""
    signature = magic or {"<": b"II*\0", ">": b"MM\0*"}[order]
    start = 8 + len(data)
    parts = [signature, struct.pack(order + "I", start), data]
    waiting = list(directories)
    for index, directory in enumerate(waiting, 1):
        entries, values = _directory(directory, start, order)
        start += len(entries) + 4 + len(values)
        following = start if index < len(waiting) else 0
        parts += [entries, struct.pack(order + "I", following), values]
    return b"".join(parts)


def _directory(directory: Mapping[int, Tag], start: int, order: str) -> tuple[bytes, bytes]:
    """Return the entries of a directory at `start`, and the values too long for them, which lie behind."""
    entries, values = b"", b""
    for tag, (type_, numbers) in sorted(directory.items()):
        packed = struct.pack(f"{order}{len(numbers)}{_TIFF_LETTERS[type_]}", *numbers)
        if len(packed) > 4:
            offset = start + 2 + 12 * len(directory) + 4 + len(values)
            values += packed + bytes(len(packed) % 2)
            packed = struct.pack(order + "I", offset)
        entries += struct.pack(order + "HHI", tag, type_, len(numbers)) + packed.ljust(4, b"\0")
    return struct.pack(order + "H", len(directory)) + entries, values


def grayscale_tags(width: int, height: int, *, bits: int = 8, offset: int = 8, length: int = 0) -> dict[int, Tag]:
    """Return the directory of a gray picture in one uncompressed strip."""
    return {
        256: Tag(LONG, [width]),
        257: Tag(LONG, [height]),
        258: Tag(SHORT, [bits]),
        259: Tag(SHORT, [1]),
        262: Tag(SHORT, [1]),
        273: Tag(LONG, [offset]),
        277: Tag(SHORT, [1]),
        278: Tag(LONG, [height]),
        279: Tag(LONG, [length or (width * bits + 7) // 8 * height]),
    }


def bmp(width: int, height: int, bits: int, pixels: bytes, *, compression: int = 0, palette: bytes = b"") -> bytes:
    """Return a BMP with a header of 40 bytes; `palette` has 4 bytes an entry."""
    start = 14 + 40 + len(palette)
    header = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 2835, 2835, len(palette) // 4, 0
    )
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + palette + pixels


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    """Return a GIF with a palette of four grays."""
    palette = bytes(channel for index in range(1 << _GIF_BITS) for channel in 3 * [85 * index])
    return (
        b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80 | _GIF_BITS - 1, 0, 0) + palette + b"".join(blocks) + b";"
    )


def gif_frame(width: int, height: int, lzw: bytes, *, left: int = 0, top: int = 0) -> bytes:
    """Return a frame in four colours that stays for a tenth of a second."""
    control = b"\x21\xf9\x04" + struct.pack("<BHB", 0, 10, 0) + b"\0"
    descriptor = b"," + struct.pack("<HHHHB", left, top, width, height, 0)
    return control + descriptor + bytes([_GIF_BITS]) + gif_blocks(lzw)


def gif_blocks(data: bytes) -> bytes:
    pieces = (data[start : start + 255] for start in range(0, len(data), 255))
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def gif_plain_lzw(pixels: bytes) -> bytes:
    """Return LZW data of four colours that never compress: a clear code before the code length could grow."""
    clear, width = 1 << _GIF_BITS, _GIF_BITS + 1
    codes = [clear]
    for index, pixel in enumerate(pixels, 1):
        codes.append(pixel)
        if index % (clear - 2) == 0:
            codes.append(clear)
    codes.append(clear + 1)
    bits = "".join(f"{code:0{width}b}"[::-1] for code in codes)
    return int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data


def deflated_zeros(mebibytes: int) -> bytes:
    """Return so many MiB of zeros as a zlib stream of a thousandth of that, at once: one part, again and again."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    once = deflate.compress(_ZEROS) + deflate.flush(zlib.Z_FULL_FLUSH)
    checksum = (mebibytes * len(_ZEROS) % 65521) << 16 | 1
    return b"\x78\xda" + once * mebibytes + deflate.flush() + struct.pack(">I", checksum)
