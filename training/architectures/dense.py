"""Autoencoders of digits made of dense layers alone, as the first tutorials have them."""

from collections.abc import Sequence

import keras
from keras import layers

from models.loader import DECODER, ENCODER
from training.digits import SIDE


def autoencoder(widths: Sequence[int], activation: str, code: str = "linear") -> keras.Model:
    """Build an autoencoder of two nested models, `encoder` and `decoder`, the second of the first's widths backwards.

    Input, by name: `image` (N, 28, 28, 1) float32 in 0-1. Output: the same, through a sigmoid. `widths` are those of
    the encoder's layers, the last that of the embedding, whose activation is `code`; the other hidden layers have
    `activation`. The nested models take plain tensors: the encoder the image, the decoder the embedding.
    """
    *hidden, latent = widths
    image = keras.Input((SIDE, SIDE, 1), name="image")
    tensor = layers.Flatten()(image)
    for width in hidden:
        tensor = layers.Dense(width, activation=activation)(tensor)
    encoder = keras.Model(image, layers.Dense(latent, activation=code)(tensor), name=ENCODER)
    embedding = tensor = keras.Input((latent,), name="embedding")
    for width in reversed(hidden):
        tensor = layers.Dense(width, activation=activation)(tensor)
    output = layers.Reshape((SIDE, SIDE, 1))(layers.Dense(SIDE**2, activation="sigmoid")(tensor))
    decoder = keras.Model(embedding, output, name=DECODER)
    whole = keras.Input((SIDE, SIDE, 1), name="image")
    return keras.Model({"image": whole}, decoder(encoder(whole)))
