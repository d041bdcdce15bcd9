"""Bias-free residual U-Net that repairs a picture, told by a map what of each pixel is known to be wrong.

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
    """Layers that share the dtype policy of the trunk, the part that predicts the residual.

    Their names say their place, which is the same in a network of more blocks or levels: that one can start from the
    weights of this one (training/growth.py).
    """

    def __init__(self, trunk: str) -> None:
        self.trunk = trunk

    def conv(self, tensor: Any, name: str, filters: int, kernel: int = 3, **options: Any) -> Any:
        layer = layers.Conv2D(filters, kernel, padding="same", use_bias=False, dtype=self.trunk, name=name, **options)
        return layer(tensor)

    def block(self, tensor: Any, name: str) -> Any:
        """Add conv-ReLU-conv to its own input; the second convolution starts at zero, so the block at identity."""
        filters = tensor.shape[-1]
        branch = self.conv(tensor, f"{name}_first", filters, activation="relu")
        branch = self.conv(branch, f"{name}_second", filters, kernel_initializer="zeros")
        return layers.Add(dtype=self.trunk, name=f"{name}_add")([tensor, branch])

    def blocks(self, tensor: Any, name: str, count: int) -> Any:
        for index in range(count):
            tensor = self.block(tensor, f"{name}_block{index}")
        return tensor

    def up(self, tensor: Any, skip: Any, name: str) -> Any:
        """Add what the level below found to `skip`, at first nothing: a new level leaves a network as it was."""
        wide = self.conv(tensor, name, 4 * skip.shape[-1], kernel=1, kernel_initializer="zeros")
        shuffled = DepthToSpace(2, dtype=self.trunk, name=f"{name}_shuffle")(wide)
        return layers.Add(dtype=self.trunk, name=f"{name}_add")([shuffled, skip])


def multiple_of(widths: Sequence[int]) -> int:
    """Return what the height and width of a network's input are multiples of."""
    return int(UNSHUFFLE * 2 ** (len(widths) - 1))


def build(
    widths: Sequence[int], blocks: Sequence[int], trunk: str = "float32", name: str = "denoiser", told: str = "sigma"
) -> keras.Model:
    """Build the network.

    Inputs, by name: `image` (N, H, W, 3) float32, 0-1 but not clipped; a map called `told` (N, H, W, 1) float32, such
    as `sigma`, the noise's standard deviation on the same scale. Output: the repaired image, like `image`. H and W are
    multiples of `2 ** len(widths)`. `widths` and `blocks` give channels and residual blocks per level, on the way down
    and as many on the way up, at the last level once; `trunk` is the Keras dtype policy of everything but the input
    skip and the last convolution. The function is homogeneous: f(a·image, a·map) = a·f(image, map) for a > 0.
    """
    image = keras.Input((None, None, COLOURS), name="image")
    known = keras.Input((None, None, 1), name=told)
    make = _Builder(trunk)
    tensor = SpaceToDepth(UNSHUFFLE, name="unshuffle")(layers.Concatenate(name="input")([image, known]))
    tensor = make.conv(tensor, "head", widths[0])
    skips = []
    for level, below in enumerate(widths[1:]):
        tensor = make.blocks(tensor, f"down{level}", blocks[level])
        skips.append(tensor)
        tensor = make.conv(tensor, f"from{level}", below, kernel=2, strides=2)
    tensor = make.blocks(tensor, f"down{len(skips)}", blocks[-1])
    for level in reversed(range(len(skips))):
        tensor = make.up(tensor, skips[level], f"to{level}")
        tensor = make.blocks(tensor, f"up{level}", blocks[level])
    last = layers.Conv2D(
        COLOURS * UNSHUFFLE**2,
        3,
        padding="same",
        use_bias=False,
        dtype="float32",
        kernel_initializer="zeros",
        name="tail",
    )
    noise = DepthToSpace(UNSHUFFLE, name="shuffle")(last(tensor))
    return keras.Model({"image": image, told: known}, layers.Add(name="clean")([image, noise]), name=name)
