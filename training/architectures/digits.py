"""Small convolutional networks for 28x28 digits: a denoising autoencoder and an autoencoder.

In the manner of the Keras tutorials, with what photographs' denoisers taught since: space-to-depth and a strided
convolution in the place of pooling, depth-to-space (Shi et al. 2016) in that of upsampling, and residual blocks that
start at the identity (Fixup, Zhang et al. 2019) at the coarsest level, where they are cheapest and see farthest.
Float32: bfloat16 was measured to be no faster on networks this small.
"""

from typing import Any

import keras
from keras import layers, ops

from models.layers import DepthToSpace, SpaceToDepth
from models.loader import ENCODER

SIDE = 28
COARSE = SIDE // 4
MULTIPLE = 4
DARK = -2.0
"""Where the output starts, before its sigmoid: at the mean of digits, which are mostly background."""


def denoiser(fine: int = 48, coarse: int = 64, blocks: int = 2) -> keras.Model:
    """Build a fully convolutional denoiser without skip connections between its levels.

    Input, by name: `image` (N, H, W, 1) float32 in 0-1, H and W multiples of 4. Output: the same, through a sigmoid.
    `fine` and `coarse` are the channels at half and at a quarter of the resolution, `blocks` the residual blocks at
    the latter. Twice the multiply-accumulates of the tutorial's network of 32 channels.
    """
    image = keras.Input((None, None, 1), name="image")
    return keras.Model({"image": image}, _decode(_encode(image, fine, coarse, blocks), fine, blocks=0))


def autoencoder(latent: int = 32, fine: int = 32, coarse: int = 64, blocks: int = 1) -> keras.Model:
    """Build an autoencoder of two nested models, `encoder` and `decoder`.

    Input, by name: `image` (N, 28, 28, 1) float32 in 0-1. Output: the same, through a sigmoid. The nested models take
    plain tensors: the encoder the image, and it returns the embedding, (N, `latent`) float32 of any sign and length;
    the decoder that. `fine`, `coarse` and `blocks` as in `denoiser`, in both halves.
    """
    image = keras.Input((SIDE, SIDE, 1), name="image")
    features = layers.Flatten()(layers.ReLU()(_encode(image, fine, coarse, blocks)))
    encoder = keras.Model(image, layers.Dense(latent)(features), name=ENCODER)
    embedding = keras.Input((latent,), name="embedding")
    features = layers.Dense(COARSE**2 * coarse, activation="relu")(embedding)
    output = _decode(layers.Reshape((COARSE, COARSE, coarse))(features), fine, blocks)
    decoder = keras.Model(embedding, output, name="decoder")
    whole = keras.Input((SIDE, SIDE, 1), name="image")
    return keras.Model({"image": whole}, decoder(encoder(whole)))


def _encode(image: Any, fine: int, coarse: int, blocks: int) -> Any:
    """Return the features of (N, H, W, 1) as (N, H/4, W/4, `coarse`)."""
    tensor = layers.Conv2D(fine, 3, padding="same", activation="relu")(SpaceToDepth(2)(image))
    tensor = layers.Conv2D(coarse, 2, strides=2)(tensor)
    return _residual_blocks(tensor, blocks)


def _decode(tensor: Any, fine: int, blocks: int) -> Any:
    """Return the image (N, H, W, 1) in 0-1 of the features (N, H/4, W/4, channels)."""
    tensor = _residual_blocks(tensor, blocks)
    tensor = DepthToSpace(2)(layers.Conv2D(4 * fine, 1, activation="relu")(tensor))
    output = layers.Conv2D(4, 3, padding="same", activation="sigmoid")
    image = DepthToSpace(2)(output(tensor))
    output.bias.assign(ops.full(output.bias.shape, DARK))
    return image


def _residual_blocks(tensor: Any, count: int) -> Any:
    """Add conv-ReLU-conv to its own input, `count` times; the second convolution starts at zero."""
    for _ in range(count):
        branch = layers.Conv2D(tensor.shape[-1], 3, padding="same", activation="relu")(tensor)
        branch = layers.Conv2D(tensor.shape[-1], 3, padding="same", kernel_initializer="zeros")(branch)
        tensor = layers.Add()([tensor, branch])
    return tensor
