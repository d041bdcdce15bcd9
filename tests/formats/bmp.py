"""BMP: every depth, palettes, masks, run lengths."""

import struct
from collections.abc import Iterator
from itertools import groupby

import numpy as np

from tests.formats.arrays import GRAY, HEIGHT, RGB, RGB_ALPHA, WIDTH, Samples, packed, quantized
from tests.formats.case import DPI, Case, image_of, known, saved
from tests.fuzz.containers import bmp

BMP = "BMP"
_RLE8, _RLE4, _BITFIELDS = 1, 2, 3


def cases() -> Iterator[Case]:
    yield known(BMP, "gray, 8 bits", saved(image_of(GRAY), "BMP", dpi=DPI), GRAY)
    yield known(BMP, "RGB, 24 bits", saved(image_of(RGB), "BMP", dpi=DPI), RGB)
    yield from _palettes()
    yield from _run_lengths()
    yield known(
        BMP, "RGB, 24 bits, the first row first", bmp(WIDTH, -HEIGHT, 24, _rows(RGB[..., ::-1], flip=False)), RGB
    )
    unused = np.dstack([RGB[..., ::-1], np.zeros((HEIGHT, WIDTH, 1), np.uint8)])
    yield known(BMP, "RGB, 32 bits, one byte unused", bmp(WIDTH, HEIGHT, 32, _rows(unused)), RGB)
    yield known(BMP, "RGBA, 32 bits, masks", _with_alpha_mask(), RGB_ALPHA)
    fives = RGB >> 3
    words = (fives.astype("<u2") << np.array([10, 5, 0], "<u2")).sum(axis=2).astype("<u2")
    shown = (fives.astype(int) * 255 // 31).astype(np.uint8)
    file = bmp(WIDTH, HEIGHT, 16, _rows(words.view(np.uint8).reshape(HEIGHT, WIDTH, 2)))
    yield known(BMP, "RGB, 16 bits (5 a colour)", file, shown)


def _palettes() -> Iterator[Case]:
    for bits in (1, 4, 8):
        numbers, colours = quantized(2**bits)
        file = bmp(WIDTH, HEIGHT, bits, _rows(packed(numbers, bits)), palette=_entries(colours))
        yield known(
            BMP,
            f"palette, {bits} {'bit' if bits == 1 else 'bits'}",
            file,
            colours[numbers[..., 0]],
            bits=bits,
            stored="palette",
        )


def _run_lengths() -> Iterator[Case]:
    for bits, method in ((8, _RLE8), (4, _RLE4)):
        numbers, colours = quantized(2**bits)
        data = b"".join(_runs(row, bits) for row in numbers[::-1, :, 0]) + b"\0\1"
        file = bmp(WIDTH, HEIGHT, bits, data, compression=method, palette=_entries(colours))
        yield known(
            BMP, f"palette, {bits} bits, run lengths", file, colours[numbers[..., 0]], bits=bits, stored="palette"
        )


def _runs(row: Samples, bits: int) -> bytes:
    """Return a row as pairs of a count and a colour, and the mark of its end."""
    pairs = b""
    for number, run in groupby(row.tolist()):
        colour = number if bits == 8 else number << 4 | number
        pairs += bytes([len(list(run)), colour])
    return pairs + b"\0\0"


def _rows(samples: Samples, *, flip: bool = True) -> bytes:
    """Return rows (H, W, bytes), the last first unless told otherwise, each filled up to four bytes."""
    rows = samples.reshape(len(samples), -1)
    filled = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    return (filled[::-1] if flip else filled).tobytes()


def _entries(colours: Samples) -> bytes:
    return np.column_stack([colours[:, ::-1], np.zeros(len(colours), np.uint8)]).tobytes()


def _with_alpha_mask() -> bytes:
    """Return a BMP whose header of version 4 says which bits of a pixel are alpha."""
    masks = struct.pack("<4I", 0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)
    pixels = _rows(RGB_ALPHA[..., [2, 1, 0, 3]])
    header = struct.pack("<IiiHHIIiiII", 108, WIDTH, HEIGHT, 1, 32, _BITFIELDS, len(pixels), 2835, 2835, 0, 0)
    header += masks + b"BGRs" + bytes(48)
    start = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + pixels
