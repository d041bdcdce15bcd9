"""Colour profiles (ICC.1) that change what is seen: a picture that loses one looks different."""

import struct
from functools import cache

import imagecodecs
import numpy as np
from skimage.color import rgb2lab

from tests.formats.arrays import Samples

_PRIMARIES = (0.68, 0.32, 1.0, 0.265, 0.69, 1.0, 0.15, 0.06, 1.0)
"""x, y, Y of Display P3's red, green and blue."""
_WHITE = (0.3127, 0.329, 1.0)
_INKS = np.array([[0.1, 0.6, 0.8], [0.9, 0.2, 0.5], [0.95, 0.9, 0.2], [0.1, 0.1, 0.1]])
"""What cyan, magenta, yellow and black leave of red, green and blue: dirtier than the formula thinks."""
_RELATIVE = 1
_BLACK_POINT = 0x2000


@cache
def rgb_profile() -> bytes:
    """Return a wide gamut's."""
    return bytes(imagecodecs.cms_profile("rgb", whitepoint=_WHITE, primaries=_PRIMARIES, gamma=1.8))


@cache
def gray_profile() -> bytes:
    return bytes(imagecodecs.cms_profile("gray", whitepoint=_WHITE, gamma=1.8))


@cache
def cmyk_profile() -> bytes:
    """Return a printer's: a table of the 16 overprints in CIELAB, with nothing but mixtures between them."""
    tags = {b"A2B0": _table(), b"wtpt": b"XYZ " + bytes(4) + _fixed(0.9642, 1, 0.8249)}
    at, entries, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        entries += struct.pack(">4sII", name, at + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">II", 0, 0x02400000) + b"prtrCMYKLab " + struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp"
    head += bytes(28) + _fixed(0.9642, 1, 0.8249) + bytes(48)
    body = head + struct.pack(">I", len(tags)) + entries + data
    return struct.pack(">I", 4 + len(body)) + body


def in_srgb(samples: Samples, profile: bytes) -> Samples:
    """Return 8-bit gray, RGB or CMYK of a profile as 8-bit sRGB: relative colorimetric, black points matched."""
    flat = samples[..., 0] if samples.shape[2] == 1 else np.ascontiguousarray(samples)
    space = {1: "gray", 3: "rgb", 4: "cmyk"}[samples.shape[2]]
    return imagecodecs.cms_transform(
        flat, profile, imagecodecs.cms_profile("srgb"), colorspace=space, outcolorspace="rgb", outdtype="uint8",
        intent=_RELATIVE, flags=_BLACK_POINT,
    )  # fmt: skip


def _table() -> bytes:
    """Return a `lut8Type`: straight curves around a grid of two points for each ink, the first ink slowest."""
    covers = np.indices((2, 2, 2, 2)).reshape(4, 16).T[..., None]
    left = np.prod(np.where(covers, _INKS, 1.0), axis=1)
    lab = rgb2lab(left[None])[0]
    grid = np.column_stack([lab[:, 0] * 2.55, lab[:, 1] + 128, lab[:, 2] + 128]).round().clip(0, 255).astype(np.uint8)
    straight = bytes(range(256))
    matrix = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + straight * 4 + grid.tobytes() + straight * 3


def _fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))
