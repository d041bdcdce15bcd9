"""An autoencoder of photographs: a linear path that could be PCA, and convolutions that add what lines cannot.

In the manner of the digits' autoencoder: space-to-depth and strided convolutions on the way in, depth-to-space (Shi et
al. 2016) on the way out, residual blocks that start at the identity (Fixup, Zhang et al. 2019). The linear path is a
16 x 16 thumbnail through one matrix to the embedding and through another one back. `start_as_components` makes these
the principal components of photographs: after three minutes the network was 1.2 dB ahead of one that had to find them.
"""

from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from models.layers import DepthToSpace, Restore, SpaceToDepth, Standardize
from models.loader import DECODER, ENCODER
from models.pixels import FloatImage

SIDE = 128
COLOURS: Literal[3] = 3
UNSHUFFLE = 4
THUMBNAIL = 16

LINEAR = "linear"
"""The name, in the encoder and in the decoder, of the matrix of the linear path."""


def build(
    latent: int = 256,
    widths: Sequence[int] = (64, 96, 96),
    blocks: Sequence[int] = (1, 2, 2),
    neck: int = 32,
    trunk: str = "float32",
) -> keras.Model:
    """Build the network of two nested models, `encoder` and `decoder`.

    Input, by name: `image` (N, 128, 128, 3) float32 in 0-1. Outputs: `image`, the same, not clipped, and `embedding`,
    (N, `latent`) float32 of any sign and length. The encoder takes a plain image and gives the embedding; the decoder
    gives a standardised picture, see models.layers.Standardize: the brightness and contrast of the input are put back
    beside the embedding, which knows neither. `widths` and `blocks` are the channels and residual blocks at 32, 16 and
    8 pixels a side, `neck` the channels at 8 between them and the embedding. `trunk` is the Keras dtype policy of the
    convolutions.
    """
    encoder = _encoder(latent, widths, blocks, neck, trunk)
    decoder = _decoder(latent, widths, blocks, neck, trunk)
    image = keras.Input((SIDE, SIDE, COLOURS), name="image")
    embedding = encoder(image)
    output = Restore()([decoder(embedding), image])
    return keras.Model({"image": image}, {"image": output, "embedding": embedding})


def _encoder(latent: int, widths: Sequence[int], blocks: Sequence[int], neck: int, trunk: str) -> keras.Model:
    image = keras.Input((SIDE, SIDE, COLOURS), name="image")
    standard = Standardize()(image)
    tensor = layers.Conv2D(widths[0], 3, padding="same", dtype=trunk)(SpaceToDepth(UNSHUFFLE)(standard))
    tensor = _residual_blocks(tensor, blocks[0], trunk)
    for width, count in zip(widths[1:], blocks[1:], strict=True):
        tensor = _residual_blocks(layers.Conv2D(width, 2, strides=2, dtype=trunk)(tensor), count, trunk)
    tensor = layers.Conv2D(neck, 1, activation="relu", dtype=trunk)(tensor)
    found = layers.Dense(latent, kernel_initializer="zeros")(layers.Flatten()(tensor))
    thumbnail = layers.AveragePooling2D(SIDE // THUMBNAIL)(standard)
    linear = layers.Dense(latent, use_bias=False, name=LINEAR)(layers.Flatten()(thumbnail))
    return keras.Model(image, layers.Add()([linear, found]), name=ENCODER)


def _decoder(latent: int, widths: Sequence[int], blocks: Sequence[int], neck: int, trunk: str) -> keras.Model:
    embedding = keras.Input((latent,), name="embedding")
    coarse = SIDE // UNSHUFFLE // 2 ** (len(widths) - 1)
    tensor = layers.Reshape((coarse, coarse, neck))(layers.Dense(coarse**2 * neck)(embedding))
    tensor = layers.Conv2D(widths[-1], 1, dtype=trunk)(tensor)
    tensor = _residual_blocks(tensor, blocks[-1], trunk)
    for width, count in zip(widths[-2::-1], blocks[-2::-1], strict=True):
        tensor = DepthToSpace(2, dtype=trunk)(layers.Conv2D(4 * width, 1, activation="relu", dtype=trunk)(tensor))
        tensor = _residual_blocks(tensor, count, trunk)
    detail = layers.Conv2D(COLOURS * UNSHUFFLE**2, 3, padding="same", kernel_initializer="zeros", dtype=trunk)(tensor)
    linear = layers.Dense(THUMBNAIL**2 * COLOURS, use_bias=False, name=LINEAR)(embedding)
    linear = layers.Reshape((THUMBNAIL, THUMBNAIL, COLOURS))(linear)
    linear = layers.UpSampling2D(SIDE // THUMBNAIL, interpolation="bilinear")(linear)
    return keras.Model(embedding, layers.Add()([linear, DepthToSpace(UNSHUFFLE)(detail)]), name=DECODER)


def _residual_blocks(tensor: Any, count: int, trunk: str) -> Any:
    """Add conv-ReLU-conv to its own input, `count` times; the second convolution starts at zero."""
    for _ in range(count):
        branch = layers.Conv2D(tensor.shape[-1], 3, padding="same", activation="relu", dtype=trunk)(tensor)
        branch = layers.Conv2D(tensor.shape[-1], 3, padding="same", kernel_initializer="zeros", dtype=trunk)(branch)
        tensor = layers.Add(dtype=trunk)([tensor, branch])
    return tensor


def start_as_components(model: keras.Model, thumbnails: FloatImage) -> None:
    """Make the linear path of a fresh `model` the principal components of `thumbnails`.

    These are standardised, (N, 16, 16, 3), more of them than the embedding has values. Their mean is not subtracted:
    that of each is zero. The embedding's values have a mean square of 1.
    """
    flat = thumbnails.reshape(len(thumbnails), -1)
    encode, decode = (model.get_layer(part).get_layer(LINEAR).kernel for part in (ENCODER, DECODER))
    latent = encode.shape[1]
    energies, directions = np.linalg.eigh(flat.T @ flat / len(flat))
    components = directions[:, -latent:]
    scale = np.sqrt(energies[-latent:].mean())
    encode.assign(components / scale)
    decode.assign(components.T * scale)
