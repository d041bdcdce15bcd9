"""Ways to look at what became of a picture."""

import numpy as np

from models.pixels import Samples

_STRIP_ROWS = 64


def residual(before: Samples, after: Samples) -> Samples:
    """Return what was taken from `before` to make `after`, around mid-gray (128 of 255, 32768 of 65535), clipped.

    Both (H, W, C), uint8 or uint16 alike.
    """
    top = np.iinfo(before.dtype).max
    result = np.empty_like(before)
    for start in range(0, len(before), _STRIP_ROWS):
        strip = slice(start, start + _STRIP_ROWS)
        removed = before[strip].astype(np.int32) - after[strip]
        result[strip] = np.clip(removed + (top + 1) // 2, 0, top)
    return result


def beside(left: Samples, right: Samples) -> Samples:
    """Return two pictures (H, W, ...) of one kind as one, (H, 2W, ...)."""
    return np.concatenate([left, right], axis=1)
