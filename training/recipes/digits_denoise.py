"""`digits-denoise`: a convolutional denoising autoencoder for handwritten digits.

Command:  python -m training fit digits-denoise --data mnist.npz --minutes 8  (without --data, Keras downloads MNIST)
Expected: 8 epochs (--epochs 8, 13,800 steps), 8 minutes on three quarters of a Zen 4 core, reach 21.02 dB on the test
          images with the Keras tutorials' noise factor of 0.5 (mean of the images' PSNR; 20.65 dB from the pooled
          squared error). A 3x3 median filter reaches 14.2 dB; the noisy images have 9.4 dB.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.card import Input, Noise
from models.pixels import to_float
from training.architectures.digits import MULTIPLE, denoiser
from training.complexity import receptive_radius
from training.degradations import gaussian_clipped
from training.digit_figures import SIGMA, denoiser_figures
from training.digits import SIDE, read, shuffled, split
from training.muon import AveragingMuon
from training.recipe import Batch, Recipe, Stage


class NoisyDigits:
    """Digits with fresh noise each time they are drawn."""

    def __init__(self, path: Path | None) -> None:
        self._training, self.held_out = split(read(path))

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        for images in shuffled(self._training.images, stage.batch, rng):
            clean = to_float(images)
            yield {"image": gaussian_clipped(clean, SIGMA, rng)}, clean

    def describe(self) -> str:
        count, name = len(self._training.images), self._training.name
        return f"{count} {name} images; Gaussian noise, sigma {SIGMA:g}, clipped to 0-1"


def _card(model: keras.Model, data: NoisyDigits) -> Mapping[str, Any]:
    return {
        "task": "denoise",
        "input": Input(channels=1, multiple=MULTIPLE, halo=receptive_radius(model, MULTIPLE)),
        "noise": Noise(kind="gaussian, clipped", sigma_min=SIGMA, sigma_max=SIGMA),
        "figures": denoiser_figures(model, data.held_out),
    }


RECIPE = Recipe(
    name="digits-denoise",
    summary="Removes strong noise from handwritten digits, white on black.",
    build=lambda _: denoiser(),
    load=NoisyDigits,
    # Of the same optimum as the squared error, the mean of all clean images that the noisy one could be, and unlike
    # it with a gradient where the sigmoid is saturated: training with the squared error got stuck at all black.
    loss=keras.losses.binary_crossentropy,
    card=_card,
    stages=(Stage(until=1.0, batch=32, size=SIDE),),
    epoch=55_000,
    minutes=8,
    optimizer=AveragingMuon,
)
