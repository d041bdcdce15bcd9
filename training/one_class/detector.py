"""An autoencoder trained on images of one class, and how foreign others are to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from models.pixels import ByteImage, FloatImage, to_float
from training.architectures.digits import autoencoder
from training.degradations import gaussian_clipped
from training.digit_figures import SIGMA
from training.digits import shuffled
from training.inference import encoder_of, run_in_batches, runner
from training.muon import AveragingMuon
from training.one_class.statistic import Foreignness, Values, ink, nearest_distances, squared_errors

LATENT, FINE, COARSE, BLOCKS = 16, 16, 32, 0
STEPS, BATCH, RATE, WARM_UP, EMA_MOMENTUM = 1_000, 64, 3e-3, 100, 0.99
HELD_OUT_SHARE = 10


@dataclass(frozen=True)
class Scores:
    """Of each image, (N,): its ink, its squared error and latent distance, both relative to it, and these as one."""

    ink: Values
    errors: Values
    distances: Values
    foreignness: Values


@dataclass(frozen=True)
class Detector:
    """A trained network, the embeddings (M, D) of the class it knows, and how its two statistics are added up."""

    model: keras.Model
    known: FloatImage
    foreignness: Foreignness

    def scores(self, images: ByteImage) -> Scores:
        """Return how foreign `images` (N, 28, 28, 1) are."""
        values = to_float(images)
        errors, distances = _statistics(self.model, self.known, values)
        return Scores(ink(values), errors, distances, self.foreignness(errors, distances))


def trained_on(images: ByteImage, steps: int = STEPS, seed: int = 0) -> Detector:
    """Train a denoising autoencoder (Vincent et al. 2008) on `images` (N, 28, 28, 1) of one class.

    The last tenth is held out: its statistics tell how much each of the two varies among normal images. All of
    `images` are among the neighbours of what is scored later.
    """
    count = len(images) // HELD_OUT_SHARE
    training, held_out = to_float(images[:-count]), to_float(images[-count:])
    model = _trained(images[:-count], steps, seed)
    known = run_in_batches(encoder_of(model), training)
    foreignness = Foreignness.of_normal(*_statistics(model, known, held_out))
    return Detector(model, np.concatenate([known, run_in_batches(encoder_of(model), held_out)]), foreignness)


def _statistics(model: keras.Model, known: FloatImage, images: FloatImage) -> tuple[Values, Values]:
    restored = run_in_batches(runner(model), images)
    distances = nearest_distances(run_in_batches(encoder_of(model), images), known)
    amount = ink(images)
    return squared_errors(images, restored) / amount, distances / np.sqrt(amount)


def _trained(images: ByteImage, steps: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = autoencoder(LATENT, FINE, COARSE, BLOCKS)
    warm_up = min(WARM_UP, steps // 2)
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / WARM_UP, steps - warm_up, warmup_target=RATE, warmup_steps=warm_up
    )
    model.compile(
        AveragingMuon(rate, use_ema=True, ema_momentum=EMA_MOMENTUM),
        loss="binary_crossentropy",
        jit_compile=keras.backend.backend() != "tensorflow",
    )
    batches = _noisy(images, np.random.default_rng(seed))
    model.fit(batches, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
    return model


def _noisy(images: ByteImage, rng: np.random.Generator) -> Iterator[tuple[Any, FloatImage]]:
    for batch in shuffled(images, BATCH, rng):
        clean = to_float(batch)
        yield {"image": gaussian_clipped(clean, rng.uniform(0.0, SIGMA), rng)}, clean
