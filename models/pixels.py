"""The scaling, clipping and rounding of pixels: the only place where 8- and 16-bit values become floats and back."""

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
ByteImage = npt.NDArray[np.uint8]
WordImage = npt.NDArray[np.uint16]
Samples = ByteImage | WordImage
"""What files hold: 8 or 16 bits a sample."""
Pixels = Samples | FloatImage
Mask = npt.NDArray[np.bool_]

LEVELS = 255.0
"""The largest 8-bit value; noise levels (sigma) are quoted on this scale, at any depth."""
WORD_LEVELS = 65535.0
"""The largest 16-bit value."""

_STEP = 257
"""65535 / 255: what one of 8 bits is worth in 16."""
_STRIP = 2**20


def to_float(pixels: Pixels) -> FloatImage:
    """Return uint8 or uint16 values of any shape as float32 in 0-1; float32 values are on that scale already."""
    if pixels.dtype == np.float32:
        return np.asarray(pixels, dtype=np.float32)
    return pixels.astype(np.float32) / np.float32(WORD_LEVELS if pixels.dtype == np.uint16 else LEVELS)


def to_levels(samples: Samples) -> FloatImage:
    """Return uint8 or uint16 values of any shape as float32 on the 0-255 scale, that of noise levels."""
    values = samples.astype(np.float32)
    if samples.dtype == np.uint16:
        values /= np.float32(WORD_LEVELS / LEVELS)
    return values


def to_samples(values: FloatImage, dtype: npt.DTypeLike) -> Samples:
    """Return float values of any shape, clipped to 0-1 and rounded half to even, as `dtype`: uint8 or uint16.

    float32 tells 16-bit values apart: uint16 to floats and back is the identity.
    """
    if dtype == np.uint16:
        return np.asarray(_scaled(values, WORD_LEVELS), dtype=np.uint16)
    return to_bytes(values)


def to_bytes(values: FloatImage) -> ByteImage:
    """Return float values of any shape, clipped to 0-1 and rounded half to even, as uint8."""
    return np.asarray(_scaled(values, LEVELS), dtype=np.uint8)


def to_gray(values: FloatImage) -> FloatImage:
    """Return the luma (ITU-R BT.601, as Pillow's `L`) of (…, 3) float values as (…, 1)."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(values @ weights, dtype=np.float32)[..., None]


def luma(red: FloatImage, green: FloatImage, blue: FloatImage) -> FloatImage:
    """Return the luma of three planes of one shape, as `to_gray` has it; of equal ones, those, to the bit."""
    return np.asarray(green + np.float32(0.299) * (red - green) + np.float32(0.114) * (blue - green), dtype=np.float32)


def _scaled(values: FloatImage, levels: float) -> FloatImage:
    return np.asarray(np.rint(np.clip(values, 0.0, 1.0) * np.float32(levels)))


def to_8_bits(samples: Samples) -> ByteImage:
    """Return uint16 samples of any shape rounded to uint8; uint8 ones as they are. It needs no memory beside those."""
    if samples.dtype == np.uint8:
        return np.asarray(samples, dtype=np.uint8)
    result = np.empty(samples.shape, np.uint8)
    rows = max(1, _STRIP // max(1, samples[:1].size))
    for top in range(0, len(samples), rows):
        strip = samples[top : top + rows].astype(np.uint32)
        result[top : top + rows] = (strip + _STEP // 2) // _STEP
    return result
