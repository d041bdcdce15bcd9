"""Small convolutional network that estimates a picture's noise level block by block.

After the noise estimation subnetwork of CBDNet (Guo et al. 2019), at a quarter and an eighth of the resolution, and
with the spread of its own error as a second output (heteroscedastic regression, Kendall and Gal 2017): texture makes an
estimate doubtful, and whoever combines the blocks should know.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from models.layers import SpaceToDepth
from training.architectures.unet import COLOURS

UNSHUFFLE = 2
WIDTHS = (20, 28, 48)
"""Channels at a half, a quarter and an eighth of the resolution: 2.3 kMAC per pixel."""
KIND_WIDTH = 16
"""Channels of what tells white noise: 0.1 kMAC."""


def build(
    trunk: str = "float32",
    name: str = "estimator",
    widths: Sequence[int] = WIDTHS,
    far: int = 0,
    inside: Sequence[int] | None = None,
    *,
    whiteness: bool = False,
) -> keras.Model:
    """Build the network, with `far` more blocks at an eighth of the resolution.

    Each of those costs 0.65 kMAC and sees 16 pixels farther, which tells texture from noise; it starts at identity.
    `inside` are the channels within the blocks at a quarter and at an eighth; None: as many as outside.

    Input: the picture (N, H, W, 3) float32, 0-1 but not clipped, H and W multiples of 8. Output: (N, H/8, W/8, 2 or 3)
    float32, as models.noise_map reads it: log(1 + sigma) with sigma on the 0-255 scale, the logarithm of the mean
    absolute error of that and, with `whiteness`, the log-odds that the noise is white. It has biases: where 0 and 255
    lie, at which noise is clipped, is worth knowing.
    """
    image = keras.Input((None, None, COLOURS), name="image")
    tensor = SpaceToDepth(UNSHUFFLE, name="unshuffle")(image)
    tensor = _conv(tensor, "head", widths[0], trunk)
    within = inside or widths[1:]
    for level, width in enumerate(widths[1:]):
        tensor = _conv(tensor, f"from{level}", width, trunk, kernel_size=2, strides=2)
        tensor = _block(tensor, f"down{level + 1}", within[level], trunk)
    for index in range(far):
        tensor = _block(tensor, f"far{index}", within[-1], trunk)
    last = layers.Conv2D(2, 3, padding="same", dtype="float32", kernel_initializer="zeros", name="tail")
    told = last(tensor)
    if whiteness:
        kind = layers.Conv2D(1, 1, dtype="float32", kernel_initializer="zeros", name="kind")
        told = layers.Concatenate(name="told", dtype="float32")(
            [told, kind(_conv(tensor, "kind_first", KIND_WIDTH, trunk))]
        )
    return keras.Model(image, told, name=name)


def _conv(tensor: Any, name: str, filters: int, trunk: str, kernel_size: int = 3, **options: Any) -> Any:
    layer = layers.Conv2D(filters, kernel_size, padding="same", activation="relu", dtype=trunk, name=name, **options)
    return layer(tensor)


def _block(tensor: Any, name: str, inside: int, trunk: str) -> Any:
    """Add conv-ReLU-conv, `inside` channels, to its own input; the second starts at zero, so the block at identity."""
    filters = tensor.shape[-1]
    branch = _conv(tensor, f"{name}_first", inside, trunk)
    branch = layers.Conv2D(filters, 3, padding="same", dtype=trunk, kernel_initializer="zeros", name=f"{name}_second")(
        branch
    )
    return layers.Add(dtype=trunk, name=f"{name}_add")([tensor, branch])
