"""Noise of a picture that was enlarged: neighbouring pixels share it."""

import math

import numpy as np
from PIL import Image

from models.pixels import FloatImage
from training.degradations.gaussian import gaussian


def resized(clean: FloatImage, sigma: float, factor: float, rng: np.random.Generator) -> FloatImage:
    """Add Gaussian noise of deviation `sigma` (0-255 scale) that was enlarged `factor` times (>= 1), bicubically.

    `clean` is (H, W, 3) float32, 0-1; the result is neither clipped nor rounded. Only the noise is enlarged: the
    picture keeps its detail, so that the pair stays aligned and the target sharp. Interpolation averages: 0.81
    of `sigma` is left. The opposite, a picture scaled down, needs no model: its noise is white, only weaker.
    """
    height, width, channels = clean.shape
    small = np.zeros((math.ceil(height / factor) + 1, math.ceil(width / factor) + 1, channels), np.float32)
    noise = gaussian(small, sigma, rng)
    top, left = rng.random(2) * (np.array(small.shape[:2]) - np.array([height, width]) / factor)
    box = (left, top, left + width / factor, top + height / factor)
    planes = [_enlarged(noise[..., channel], (width, height), box) for channel in range(channels)]
    return clean + np.stack(planes, axis=-1)


def _enlarged(plane: FloatImage, size: tuple[int, int], box: tuple[float, float, float, float]) -> FloatImage:
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box), dtype=np.float32)
