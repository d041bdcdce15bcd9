"""Keras layers that artifacts may contain beside Keras' own: registered, stateless, any backend."""

from typing import Any

import keras
from keras import ops

PACKAGE = "limpid"


class _BlockLayer(keras.layers.Layer):
    """Common part of the two rearrangements: one integer `block`, no weights."""

    def __init__(self, block: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.block = block

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "block": self.block}


@keras.saving.register_keras_serializable(package=PACKAGE)
class SpaceToDepth(_BlockLayer):
    """Pixel-unshuffle: (N, H, W, C) to (N, H/block, W/block, C·block²). H and W are multiples of `block`."""

    def call(self, inputs: Any) -> Any:
        return ops.space_to_depth(inputs, self.block, data_format="channels_last")


@keras.saving.register_keras_serializable(package=PACKAGE)
class DepthToSpace(_BlockLayer):
    """Pixel-shuffle (Shi et al. 2016): (N, H, W, C·block²) to (N, H·block, W·block, C)."""

    def call(self, inputs: Any) -> Any:
        return ops.depth_to_space(inputs, self.block, data_format="channels_last")


FLATTEST = 0.02
"""The least deviation that a picture is divided by, of pixels in 0-1: below, what it has of contrast may be noise."""


@keras.saving.register_keras_serializable(package=PACKAGE)
class Standardize(keras.layers.Layer):
    """Takes brightness and contrast out of pictures (N, H, W, C): the mean of each becomes 0, its deviation 1.

    Over all pixels and channels of a picture, so that its colours stay; a flat one is divided by `FLATTEST`.
    """

    def call(self, inputs: Any) -> Any:
        mean, deviation = _brightness(inputs)
        return (inputs - mean) / deviation


@keras.saving.register_keras_serializable(package=PACKAGE)
class Restore(keras.layers.Layer):
    """Puts back what `Standardize` took: of [standardised, original], the first with the second's brightness."""

    def call(self, inputs: Any) -> Any:
        standard, original = inputs
        mean, deviation = _brightness(original)
        return standard * deviation + mean


def _brightness(images: Any) -> tuple[Any, Any]:
    """Return the mean and the deviation, `FLATTEST` at least, of each of (N, H, W, C): (N, 1, 1, 1)."""
    axes = tuple(range(1, len(images.shape)))
    mean, variance = ops.moments(images, axes, keepdims=True)
    return mean, ops.sqrt(ops.maximum(variance, FLATTEST**2))
