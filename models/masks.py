"""Masks: which pixels of a picture are hidden, for a network to make up."""

from typing import Literal

import numpy as np

from models.pixels import Mask, Samples, to_float, to_gray

Hidden = Mask | Literal["auto"]
"""Which pixels to make up, (H, W); `auto`: the network finds them."""

_HALF = 0.5
_STRIP_ROWS = 64


def white(pixels: Samples) -> Mask:
    """Return which pixels of (H, W, 1 or 3), uint8 or uint16, are white, (H, W): half of the range or more.

    Of colours it is the luma that counts.
    """
    result = np.empty(pixels.shape[:2], np.bool_)
    for top in range(0, len(pixels), _STRIP_ROWS):
        strip = slice(top, top + _STRIP_ROWS)
        values = to_float(pixels[strip])
        gray = values if values.shape[2] == 1 else to_gray(values)
        result[strip] = gray[..., 0] >= _HALF
    return result
