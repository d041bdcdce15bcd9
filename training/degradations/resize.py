"""Softened pictures, and enlarged noise: neighbouring pixels share what they show."""

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
    return clean + _resampled(noise, (width, height), box)


def softened(picture: FloatImage, factor: float) -> FloatImage:
    """Return `picture` (H, W, C) float32 without the detail finer than `factor` (>= 1) pixels: reduced and enlarged.

    Both ways by bicubic interpolation, the way down with a window as wide as the pixels that become one.
    """
    height, width, _ = picture.shape
    small = (max(1, round(width / factor)), max(1, round(height / factor)))
    return _resampled(_resampled(picture, small), (width, height))


def _resampled(
    picture: FloatImage, size: tuple[int, int], box: tuple[float, float, float, float] | None = None
) -> FloatImage:
    planes = (Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(picture, -1, 0))
    resampled = [np.asarray(plane.resize(size, Image.Resampling.BICUBIC, box), dtype=np.float32) for plane in planes]
    return np.stack(resampled, axis=-1)
