"""Training a blind denoiser on what its own estimator tells it, as the service will have it."""

from typing import Any

import keras
from keras import ops

from models.loader import DENOISER, ESTIMATOR, experts_of
from models.noise_map import BLOCK, NARROWEST, WIDEST
from models.pixels import LEVELS

OWN = -1.0
"""What is told in place of a level where the network's own estimate is to be taken."""


def rehearsed(model: keras.Model) -> keras.Model:
    """Return `model`, a blind denoiser (training.photo_denoiser.build), as it is trained, with the very same weights.

    Where the map `sigma` is negative, `OWN`, the denoiser is told what `models.noise_map.combine` makes of the estimate
    for that picture. So it learns how far to trust an estimate: one that was always told the truth leaves coarse noise
    that the estimator took for texture. The estimator learns levels alone: no gradient of the picture reaches it.
    """
    image, sigma = (keras.Input(each.shape[1:], name=name) for name, each in model.input.items())
    estimates = model.get_layer(ESTIMATOR)(image)
    own = _interpolated(ops.stop_gradient(combined(estimates)))
    told = ops.where(sigma < 0, own, sigma)
    inputs = {"image": image, "sigma": told}
    clean = {"image": model.get_layer(DENOISER)(inputs)}
    clean |= {name: expert(inputs) for name, expert in experts_of(model).items()}
    return keras.Model({"image": image, "sigma": sigma}, {**clean, "noise": estimates})


def combined(estimates: Any) -> Any:
    """Return the levels, (N, h, w, 1) in 0-1, that `models.noise_map.combine` finds for each of (N, h, w, 2 or 3).

    Without an envelope, for which a patch has too few blocks.
    """
    level = ops.maximum(estimates[..., :1], 0.0)
    variance = 2.0 * ops.square(ops.clip(ops.exp(ops.clip(estimates[..., 1:2], -20.0, 20.0)), NARROWEST, WIDEST))
    weights = 1.0 / variance
    total = _sum(weights)
    mean = _sum(weights * level) / total
    excess = _sum(weights * ops.square(level - mean)) - (_sum(ops.ones_like(level)) - 1.0)
    scale = total - _sum(ops.square(weights)) / total
    real = ops.maximum(excess, 0.0) / ops.maximum(scale, 1e-6)
    return ops.expm1(mean + real / (real + variance) * (level - mean)) / LEVELS


def _interpolated(levels: Any) -> Any:
    """Return the levels of pixels, (N, 8h, 8w, 1), as `models.noise_map.NoiseMap.at` interpolates them.

    Linear interpolation is the running mean of repeated levels; Keras' own resizing needs sides known beforehand.
    """
    repeated = ops.repeat(ops.repeat(levels, BLOCK, axis=1), BLOCK, axis=2)
    half = BLOCK // 2
    padded = ops.pad(repeated, ((0, 0), (half, half), (half, half), (0, 0)), mode="symmetric")
    between = ops.average_pool(padded, BLOCK, strides=1, padding="valid", data_format="channels_last")
    return (between[:, :-1, :-1] + between[:, 1:, :-1] + between[:, :-1, 1:] + between[:, 1:, 1:]) / 4.0


def _sum(values: Any) -> Any:
    return ops.sum(values, axis=(1, 2), keepdims=True)
