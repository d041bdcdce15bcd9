"""The Bayer mosaic of a sensor and the two ways of interpolating what it left out.

Arrays are (…, H, W) for a mosaic and (…, H, W, 3) for a picture, float32 in linear light, sides even.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.pixels import FloatImage

Phase = tuple[int, int]
"""Row and column, 0 or 1, of the red pixel in each 2 × 2: the pattern is RGGB, GRBG, GBRG or BGGR."""

Method = Literal["bilinear", "malvar"]

_REACH = 2


def mosaic(picture: FloatImage, phase: Phase) -> FloatImage:
    """Return what a Bayer sensor sees of `picture`: of each pixel the one colour of its filter."""
    row, column = phase
    raw = picture[..., 1].copy()
    raw[..., row::2, column::2] = picture[..., row::2, column::2, 0]
    raw[..., 1 - row :: 2, 1 - column :: 2] = picture[..., 1 - row :: 2, 1 - column :: 2, 2]
    return raw


def demosaic(raw: FloatImage, phase: Phase, method: Method) -> FloatImage:
    """Interpolate the missing colours of a Bayer mosaic; measured ones stay. At the edge it is mirrored.

    `malvar` corrects each colour by the gradient of the one that was measured: Malvar, He and Cutler, "High-quality
    linear interpolation for demosaicing of Bayer-patterned color images" (ICASSP 2004).
    """
    interpolate = _malvar if method == "malvar" else _bilinear
    return _assembled(raw, interpolate(raw, _sums(raw)), phase)


@dataclass(frozen=True)
class _Sums:
    """Of each pixel the sums of its neighbours: two beside, above and below, at the corners; and two steps away."""

    beside: FloatImage
    above: FloatImage
    corners: FloatImage
    beside_far: FloatImage
    above_far: FloatImage


@dataclass(frozen=True)
class _Interpolations:
    """A missing colour at each pixel, should its neighbours of that colour be four, beside, above, at the corners."""

    cross: FloatImage
    beside: FloatImage
    above: FloatImage
    corners: FloatImage


def _sums(raw: FloatImage) -> _Sums:
    # Mirrored without repeating the edge: which colour a pixel has hangs on whether its row and column are even.
    padded = np.pad(raw, [(0, 0)] * (raw.ndim - 2) + [(_REACH, _REACH)] * 2, mode="reflect")
    height, width = raw.shape[-2:]

    def at(down: int, right: int) -> FloatImage:
        return padded[..., _REACH + down : _REACH + down + height, _REACH + right : _REACH + right + width]

    return _Sums(
        beside=at(0, -1) + at(0, 1),
        above=at(-1, 0) + at(1, 0),
        corners=at(-1, -1) + at(-1, 1) + at(1, -1) + at(1, 1),
        beside_far=at(0, -2) + at(0, 2),
        above_far=at(-2, 0) + at(2, 0),
    )


def _bilinear(_: FloatImage, sums: _Sums) -> _Interpolations:
    half, quarter = np.float32(1 / 2), np.float32(1 / 4)
    return _Interpolations(
        cross=(sums.beside + sums.above) * quarter,
        beside=sums.beside * half,
        above=sums.above * half,
        corners=sums.corners * quarter,
    )


def _malvar(raw: FloatImage, sums: _Sums) -> _Interpolations:
    """Return the interpolations with the coefficients of the paper's figure 2."""
    far = sums.beside_far + sums.above_far
    centre = np.float32(5 / 8) * raw - np.float32(1 / 8) * sums.corners
    half, quarter, eighth, sixteenth = (np.float32(1 / each) for each in (2, 4, 8, 16))
    return _Interpolations(
        cross=half * raw + quarter * (sums.beside + sums.above) - eighth * far,
        beside=centre + half * sums.beside - eighth * sums.beside_far + sixteenth * sums.above_far,
        above=centre + half * sums.above - eighth * sums.above_far + sixteenth * sums.beside_far,
        corners=np.float32(3 / 4) * raw + quarter * sums.corners - np.float32(3 / 16) * far,
    )


def _assembled(raw: FloatImage, missing: _Interpolations, phase: Phase) -> FloatImage:
    """Return the picture that has, at each pixel and colour, the interpolation that its place in the mosaic needs."""
    picture = np.empty((*raw.shape, 3), np.float32)
    picture[..., 1] = raw
    for colour, (row, column) in ((0, phase), (2, (1 - phase[0], 1 - phase[1]))):
        own = (..., slice(row, None, 2), slice(column, None, 2))
        same_row = (..., slice(row, None, 2), slice(1 - column, None, 2))
        same_column = (..., slice(1 - row, None, 2), slice(column, None, 2))
        other = (..., slice(1 - row, None, 2), slice(1 - column, None, 2))
        picture[(*own, 1)] = missing.cross[own]
        picture[(*own, colour)] = raw[own]
        picture[(*same_row, colour)] = missing.beside[same_row]
        picture[(*same_column, colour)] = missing.above[same_column]
        picture[(*other, colour)] = missing.corners[other]
    return picture
