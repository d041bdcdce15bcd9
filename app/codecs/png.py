"""Writing PNG strip by strip, one filter to a strip, deflated by ISA-L: see docs/decisions/0005-codecs.md.

The format is ISO/IEC 15948 (https://www.w3.org/TR/png-3/); the filters are in its section 9.
"""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from isal import isal_zlib

from models.pixels import ByteImage

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_DEPTH = 8
_INCH = 0.0254
_METRE = 1

_STRIP_BYTES = 1 << 18
_TRIED = 24
"""One row of so many stands for its strip when the filter is chosen."""
_LEVEL = 1

_SMALL_BYTES = 1 << 12
"""Fewer aren't worth choosing a filter for."""

_NONE, _UP, _AVERAGE = 0, 2, 3
# Paeth costs more than the deflating and gains nothing; where Sub wins another is close.
_FILTERS = (_AVERAGE, _UP, _NONE)


def write_png(
    pixels: ByteImage, alpha: ByteImage | None, icc: bytes | None = None, dpi: tuple[float, float] | None = None
) -> bytes:
    """Return a PNG file of `pixels` (H, W, 1 or 3) with `alpha` (H, W), both uint8.

    Beside the file, only a strip is in memory: pictures may be as large as there is room for their file.
    """
    height, width, channels = pixels.shape
    colour_type = _COLOUR_TYPES[channels + (alpha is not None)]
    target = io.BytesIO()
    target.write(_SIGNATURE)
    _write_chunk(target, b"IHDR", struct.pack(">IIBBBBB", width, height, _DEPTH, colour_type, 0, 0, 0))
    if icc:
        _write_chunk(target, b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc))
    if dpi:
        _write_chunk(target, b"pHYs", struct.pack(">IIB", *(int(each / _INCH + 0.5) for each in dpi), _METRE))
    for data in _deflated(pixels, alpha):
        _write_chunk(target, b"IDAT", data)
    _write_chunk(target, b"IEND", b"")
    return target.getvalue()


def _write_chunk(target: io.BytesIO, kind: bytes, data: bytes) -> None:
    target.write(struct.pack(">I", len(data)) + kind)
    target.write(data)
    target.write(struct.pack(">I", isal_zlib.crc32(data, isal_zlib.crc32(kind))))


def _deflated(pixels: ByteImage, alpha: ByteImage | None) -> Iterator[bytes]:
    """Yield the filtered rows as one zlib stream, in pieces."""
    height, width, channels = pixels.shape
    pixel_bytes = channels + (alpha is not None)
    step = max(1, _STRIP_BYTES // (width * pixel_bytes))
    deflate = isal_zlib.compressobj(_LEVEL)
    for start in range(0, height, step):
        rows = _rows(pixels, alpha, start, start + step)
        if data := deflate.compress(_filtered(rows, pixel_bytes, _best_filter(rows, pixel_bytes))):
            yield data
    yield deflate.flush()


def _rows(pixels: ByteImage, alpha: ByteImage | None, start: int, stop: int) -> ByteImage:
    """Return the bytes (N + 1, B) of rows `start` to `stop` and the one above, which is zero for the first."""
    strip = pixels[max(start - 1, 0) : stop]
    if alpha is not None:
        strip = np.concatenate([strip, alpha[max(start - 1, 0) : stop, :, None]], axis=2)
    rows = strip.reshape(len(strip), -1)
    return rows if start else np.concatenate([np.zeros_like(rows[:1]), rows])


def _best_filter(rows: ByteImage, pixel_bytes: int) -> int:
    """Return the filter after which a few rows from the middle are the shortest: photographs, drawings, text differ."""
    if rows.size < _SMALL_BYTES:
        return _NONE
    count = -(-len(rows) // _TRIED)
    start = (len(rows) - count) // 2
    sample = rows[start : start + count + 1]
    return min(_FILTERS, key=lambda each: len(isal_zlib.compress(_filtered(sample, pixel_bytes, each), _LEVEL)))


def _filtered(rows: ByteImage, pixel_bytes: int, filter_: int) -> ByteImage:
    """Return rows (N + 1, B), without the first, as the file has them: (N, 1 + B), the filter's number before each."""
    out = np.empty((len(rows) - 1, rows.shape[1] + 1), np.uint8)
    out[:, 0] = filter_
    if filter_ == _NONE:
        out[:, 1:] = rows[1:]
    else:
        predicted = rows[:-1] if filter_ == _UP else _mean(rows, pixel_bytes)
        np.subtract(rows[1:], predicted, out=out[:, 1:])
    return out


def _mean(rows: ByteImage, pixel_bytes: int) -> ByteImage:
    """Return (left + above) // 2 of every byte but the first row's, without the ninth bit of the sum."""
    above, here = rows[:-1], rows[1:]
    left = np.zeros_like(here)
    left[:, pixel_bytes:] = here[:, :-pixel_bytes]
    mean = left ^ above
    mean >>= 1
    left &= above
    mean += left
    return mean
