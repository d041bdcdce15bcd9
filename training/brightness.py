"""What models.layers.Standardize takes out of pictures, in numpy: for PCA, which has no layers."""

import numpy as np

from models.layers import FLATTEST
from models.pixels import FloatImage


def brightness(pictures: FloatImage) -> tuple[FloatImage, FloatImage]:
    """Return the mean and the deviation, `FLATTEST` at least, of each of (…, H, W, C) in 0-1: (…, 1, 1, 1)."""
    axes = (-3, -2, -1)
    return pictures.mean(axes, keepdims=True), np.maximum(pictures.std(axes, keepdims=True), np.float32(FLATTEST))
