"""Bias-free residual U-Net that removes noise of a known level.

Sources: residual learning of the noise (DnCNN, Zhang et al. 2017); a noise-level map as an input and work at
half resolution (FFDNet, Zhang et al. 2018); a residual U-Net without biases (DRUNet, Zhang et al. 2021; Mohan et
al. 2020 for what leaving the biases out does); residual branches that start at zero (Fixup, Zhang et al. 2019).
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from models.layers import DepthToSpace, SpaceToDepth

UNSHUFFLE = 2
COLOURS = 3


class _Builder:
    """Layers that share the dtype policy of the trunk, the part that predicts the residual."""

    def __init__(self, trunk: str) -> None:
        self.trunk = trunk

    def conv(self, tensor: Any, filters: int, kernel: int = 3, **options: Any) -> Any:
        layer = layers.Conv2D(filters, kernel, padding="same", use_bias=False, dtype=self.trunk, **options)
        return layer(tensor)

    def block(self, tensor: Any) -> Any:
        """Add conv-ReLU-conv to its own input; the second convolution starts at zero, so the block at identity."""
        filters = tensor.shape[-1]
        branch = self.conv(tensor, filters, activation="relu")
        branch = self.conv(branch, filters, kernel_initializer="zeros")
        return layers.Add(dtype=self.trunk)([tensor, branch])

    def blocks(self, tensor: Any, count: int) -> Any:
        for _ in range(count):
            tensor = self.block(tensor)
        return tensor

    def up(self, tensor: Any, skip: Any) -> Any:
        wide = self.conv(tensor, 4 * skip.shape[-1], kernel=1)
        return layers.Add(dtype=self.trunk)([DepthToSpace(2, dtype=self.trunk)(wide), skip])


def build(widths: Sequence[int], blocks: Sequence[int], trunk: str = "float32") -> keras.Model:
    """Build the network.

    Inputs, by name: `image` (N, H, W, 3) float32, 0-1 but not clipped; `sigma` (N, H, W, 1) float32, the noise's
    standard deviation on the same scale. Output: the denoised image, like `image`. H and W are multiples of
    `2 ** len(widths)`. `widths` and `blocks` give channels and residual blocks per level, the body last; `trunk`
    is the Keras dtype policy of everything but the input skip and the last convolution. The function is
    homogeneous: f(a·image, a·sigma) = a·f(image, sigma) for a > 0.
    """
    image = keras.Input((None, None, COLOURS), name="image")
    sigma = keras.Input((None, None, 1), name="sigma")
    make = _Builder(trunk)
    tensor = SpaceToDepth(UNSHUFFLE)(layers.Concatenate()([image, sigma]))
    tensor = make.conv(tensor, widths[0])
    skips = []
    for count, below in zip(blocks[:-1], widths[1:], strict=True):
        tensor = make.blocks(tensor, count)
        skips.append(tensor)
        tensor = make.conv(tensor, below, kernel=2, strides=2)
    tensor = make.blocks(tensor, blocks[-1])
    for count in reversed(blocks[:-1]):
        tensor = make.blocks(make.up(tensor, skips.pop()), count)
    last = layers.Conv2D(
        COLOURS * UNSHUFFLE**2, 3, padding="same", use_bias=False, dtype="float32", kernel_initializer="zeros"
    )
    noise = DepthToSpace(UNSHUFFLE)(last(tensor))
    return keras.Model({"image": image, "sigma": sigma}, layers.Add()([image, noise]))
