"""The tutorials' own networks: what ours stand beside in the gallery and the benchmarks. None becomes an artifact.

All take, by name, `image` (N, 28, 28, 1) float32 in 0-1.
"""

from collections.abc import Sequence

import keras
from keras import layers

from training.digits import SIDE

COARSE = SIDE // 4


def denoiser(channels: int = 32) -> keras.Model:
    """Build the denoising autoencoder of Chollet 2016, "Building Autoencoders in Keras"; it returns such an image.

    Two convolutions, each followed by pooling, two followed by repeated pixels, and one for the output.
    """
    resizing = [layers.MaxPooling2D(padding="same") for _ in range(2)] + [layers.UpSampling2D() for _ in range(2)]
    steps = [step for change in resizing for step in (_convolution(channels), change)]
    return _model([*steps, layers.Conv2D(1, 3, padding="same", activation="sigmoid")])


def _convolution(channels: int) -> layers.Layer:
    return layers.Conv2D(channels, 3, padding="same", activation="relu")


def autoencoder(latent: int = 32) -> keras.Model:
    """Build the tutorials' convolutional autoencoder with a bottleneck of `latent` values; it returns such an image.

    Strided convolutions of 32 and 64 channels, a dense layer to and one from the bottleneck, transposed convolutions.
    """
    return _model(
        [
            *(layers.Conv2D(width, 3, strides=2, padding="same", activation="relu") for width in (32, 64)),
            layers.Flatten(),
            layers.Dense(latent),
            layers.Dense(COARSE**2 * 64),
            layers.Reshape((COARSE, COARSE, 64)),
            *(layers.Conv2DTranspose(width, 3, strides=2, padding="same", activation="relu") for width in (64, 32)),
            layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid"),
        ]
    )


def classifier() -> keras.Model:
    """Build a small classifier after LeNet-5 (LeCun et al. 1998), with ReLU; it returns (N, 10) probabilities."""
    return _model(
        [
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            *(layers.Dense(width, activation="relu") for width in (120, 84)),
            layers.Dense(10, activation="softmax"),
        ]
    )


def _model(steps: Sequence[layers.Layer]) -> keras.Model:
    image = tensor = keras.Input((SIDE, SIDE, 1), name="image")
    for step in steps:
        tensor = step(tensor)
    return keras.Model({"image": image}, tensor)
