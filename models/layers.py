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
