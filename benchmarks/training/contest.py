"""The contestants: the tutorials' recipe and ours. Nothing here looks at the test images."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from models.pixels import FloatImage
from training.architectures import tutorials
from training.architectures.digits import autoencoder
from training.muon import AveragingMuon

LATENT = 32
RATE = 1.5e-2
LAST_RATE = RATE / 50
EMA_MOMENTUM = 0.97


@dataclass(frozen=True)
class Contestant:
    """A network and its training, fixed beforehand.

    It sees each image of the `share` of them that it is trained on once. `optimizer` takes the number of steps.
    """

    build: Callable[[], keras.Model]
    optimizer: Callable[[int], Any]
    batch: int
    share: float
    steps_per_execution: int = 1

    def steps(self, images: int) -> int:
        """Return the number of steps of a training on so many images."""
        return math.ceil(self.share * images / self.batch)

    def train(self, images: FloatImage) -> keras.Model:
        """Build the network and train it on `images` (N, 28, 28, 1) in 0-1."""
        model, steps = self.build(), self.steps(len(images))
        model.compile(
            self.optimizer(steps),
            "binary_crossentropy",
            jit_compile=keras.backend.backend() != "tensorflow",
            steps_per_execution=self.steps_per_execution,
        )
        model.fit({"image": images}, images, batch_size=self.batch, steps_per_epoch=steps, verbose=0)
        return model


def _muon(steps: int) -> Any:
    falling = keras.optimizers.schedules.PolynomialDecay(RATE, steps, LAST_RATE)
    return AveragingMuon(falling, use_ema=True, ema_momentum=EMA_MOMENTUM)


CONTESTANTS = {
    "tutorial": Contestant(
        build=lambda: tutorials.autoencoder(LATENT),
        optimizer=lambda _: keras.optimizers.Adam(),
        batch=32,
        share=1.0,
    ),
    "ours": Contestant(
        build=lambda: autoencoder(LATENT, fine=8, coarse=64, blocks=0),
        optimizer=_muon,
        batch=96,
        share=3 / 4,
        steps_per_execution=50,
    ),
}
