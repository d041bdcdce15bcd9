"""The scaling, clipping and rounding of pixels: the only place where 8-bit values become floats and back."""

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
ByteImage = npt.NDArray[np.uint8]
Pixels = ByteImage | FloatImage

LEVELS = 255.0
"""The largest 8-bit value; noise levels (sigma) are quoted on this scale."""


def to_float(pixels: Pixels) -> FloatImage:
    """Return uint8 values 0-255 of any shape as float32 in 0-1; float32 values are on that scale already."""
    if pixels.dtype == np.float32:
        return np.asarray(pixels, dtype=np.float32)
    return pixels.astype(np.float32) / np.float32(LEVELS)


def to_bytes(values: FloatImage) -> ByteImage:
    """Return float values of any shape, clipped to 0-1 and rounded half to even, as uint8."""
    return np.asarray(np.rint(np.clip(values, 0.0, 1.0) * np.float32(LEVELS)), dtype=np.uint8)


def to_gray(values: FloatImage) -> FloatImage:
    """Return the luma (ITU-R BT.601, as Pillow's `L`) of (…, 3) float values as (…, 1)."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(values @ weights, dtype=np.float32)[..., None]
