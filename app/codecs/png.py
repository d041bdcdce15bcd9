"""Writing PNG strip by strip, one filter to a strip, deflated by ISA-L: see docs/decisions/0005-codecs.md.

The format is ISO/IEC 15948 (https://www.w3.org/TR/png-3/); the filters are in its section 9, animations in 11.3.4.
"""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import count
from typing import BinaryIO

import numpy as np
from imagecodecs import png_decode
from isal import isal_zlib

from app.codecs.picture import Frame
from models.pixels import ByteImage, Samples

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_DEPTH_AT = 24
_HEADER_BYTES = 8
_CHECKSUM_BYTES = 4
_COLOUR_CHUNKS = {b"cHRM": 32, b"gAMA": 4, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8}
"""What a PNG says of its colours beside the profile: the kinds of chunks and the bytes of each."""
_ICC_CHUNK = b"iCCP"
_EXIF_PREFIX = b"Exif\0\0"
_INCH = 0.0254
_METRE = 1
_MAX_DELAY = 2**16 - 1

_STRIP_BYTES = 1 << 18
_TRIED = 24
"""One row of so many stands for its strip when the filter is chosen."""
_LEVEL = 1

_SMALL_BYTES = 1 << 12
"""Fewer aren't worth choosing a filter for."""

_NONE, _UP, _AVERAGE = 0, 2, 3
# Paeth costs more than the deflating and gains nothing; where Sub wins another is close.
_FILTERS = (_AVERAGE, _UP, _NONE)


def depth(file: BinaryIO) -> int:
    """Return the bits a sample of a PNG file, 0 where it ends before it says so."""
    file.seek(_DEPTH_AT)
    return int.from_bytes(file.read(1), "big")


def colour_chunks(file: BinaryIO) -> bytes:
    """Return the chunks of a PNG file that say what its colours mean, whole, without the ICC profile."""
    end = file.seek(0, 2)
    at, found = len(SIGNATURE), dict[bytes, bytes]()
    while at + _HEADER_BYTES <= end:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(_HEADER_BYTES))
        whole = _HEADER_BYTES + length + _CHECKSUM_BYTES
        if kind == b"IDAT":
            break
        if _COLOUR_CHUNKS.get(kind) == length:
            file.seek(at)
            found[kind] = file.read(whole)
        at += whole
    return b"".join(found.values())


def read_deep(file: BinaryIO) -> tuple[Samples, Samples | None]:
    """Return the pixels (H, W, 1 or 3) of a PNG file of 16 bits, and its alpha (H, W) or None, uint16.

    Raises ValueError or RuntimeError for broken data.
    """
    file.seek(0)
    samples = png_decode(file.read())
    samples = samples.reshape(*samples.shape[:2], -1)
    colours = 1 if samples.shape[2] < 3 else 3
    alpha = samples[..., colours] if samples.shape[2] > colours else None
    return samples[..., :colours], alpha


def write_png(
    frames: Sequence[Frame],
    icc: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    exif: bytes | None = None,
    colour_chunks: bytes = b"",
    loop: int | None = 1,
) -> bytes:
    """Return a PNG file of a picture, animated if it has several frames (all of one size, depth and kind).

    Beside the file, only a strip is in memory: pictures may be as large as there is room for their file.
    """
    pixels, alpha = frames[0].pixels, frames[0].alpha
    height, width, channels = pixels.shape
    colour_type = _COLOUR_TYPES[channels + (alpha is not None)]
    target = io.BytesIO()
    target.write(SIGNATURE)
    bits = 8 * pixels.itemsize
    target.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)))
    if icc:
        target.write(chunk(_ICC_CHUNK, b"ICC Profile\0\0" + zlib.compress(icc)))
    target.write(colour_chunks)
    if dpi:
        target.write(chunk(b"pHYs", struct.pack(">IIB", *(int(each / _INCH + 0.5) for each in dpi), _METRE)))
    if exif:
        target.write(chunk(b"eXIf", exif.removeprefix(_EXIF_PREFIX)))
    if len(frames) > 1:
        _write_animation(target, frames, loop)
    else:
        for data in _deflated(pixels, alpha):
            target.write(chunk(b"IDAT", data))
    target.write(chunk(b"IEND", b""))
    return target.getvalue()


def _write_animation(target: io.BytesIO, frames: Sequence[Frame], loop: int | None) -> None:
    """Write every frame as a whole picture that replaces the one before."""
    target.write(chunk(b"acTL", struct.pack(">II", len(frames), 1 if loop is None else loop)))
    numbers = count()
    for frame in frames:
        delay, unit = frame.milliseconds, 1000
        if delay > _MAX_DELAY:
            delay, unit = min(delay // 1000, _MAX_DELAY), 1
        control = struct.pack(">IIIIIHHBB", next(numbers), *frame.size[::-1], 0, 0, delay, unit, 0, 0)
        target.write(chunk(b"fcTL", control))
        for data in _deflated(frame.pixels, frame.alpha):
            if frame is frames[0]:
                target.write(chunk(b"IDAT", data))
            else:
                target.write(chunk(b"fdAT", struct.pack(">I", next(numbers)) + data))


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk: length, kind, data and checksum."""
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return b"".join([struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)])


def _deflated(pixels: Samples, alpha: Samples | None) -> Iterator[bytes]:
    """Yield the filtered rows as one zlib stream, in pieces."""
    height, width, channels = pixels.shape
    pixel_bytes = (channels + (alpha is not None)) * pixels.itemsize
    step = max(1, _STRIP_BYTES // (width * pixel_bytes))
    deflate = isal_zlib.compressobj(_LEVEL)
    for start in range(0, height, step):
        rows = _rows(pixels, alpha, start, start + step)
        if data := deflate.compress(_filtered(rows, pixel_bytes, _best_filter(rows, pixel_bytes))):
            yield data
    yield deflate.flush()


def _rows(pixels: Samples, alpha: Samples | None, start: int, stop: int) -> ByteImage:
    """Return the bytes (N + 1, B) of rows `start` to `stop` and the one above, which is zero for the first."""
    strip = pixels[max(start - 1, 0) : stop]
    if alpha is not None:
        strip = np.concatenate([strip, alpha[max(start - 1, 0) : stop, :, None]], axis=2)
    rows = _big_endian(strip).reshape(len(strip), -1)
    return rows if start else np.concatenate([np.zeros_like(rows[:1]), rows])


def _big_endian(samples: Samples) -> ByteImage:
    if samples.dtype == np.uint8:
        return np.asarray(samples, dtype=np.uint8)
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder(">")).view(np.uint8)


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
