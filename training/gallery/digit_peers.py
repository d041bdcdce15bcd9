"""What `digits-denoise` stands beside and is judged by: the tutorial's denoiser, and a classifier of clean digits."""

import time

import keras

from models.pixels import to_float
from training.architectures import tutorials
from training.degradations import gaussian_clipped
from training.digit_figures import SIGMA
from training.digits import Part
from training.gallery.fitting import seeded

DENOISER_BATCH = 128
CLASSIFIER_BATCH = 128


class _StopAfter(keras.callbacks.Callback):
    """Ends a training run after some seconds, at the end of a step; counts the steps."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._end = time.monotonic() + seconds
        self.steps = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.steps += 1
        self.model.stop_training = time.monotonic() >= self._end


def trained_denoiser(part: Part, minutes: float) -> tuple[keras.Model, int]:
    """Train the tutorial's denoiser as it does, for some minutes; return it and the number of steps.

    Adam, cross-entropy, batches of 128, noise that is drawn once for all epochs.
    """
    rng = seeded()
    model = _compiled(tutorials.denoiser(), "binary_crossentropy")
    clean = to_float(part.images)
    noisy = gaussian_clipped(clean, SIGMA, rng)
    clock = _StopAfter(60 * minutes)
    model.fit({"image": noisy}, clean, batch_size=DENOISER_BATCH, epochs=10**6, verbose=0, callbacks=[clock])
    return model, clock.steps


def trained_classifier(part: Part, epochs: int) -> keras.Model:
    """Train a small classifier on clean digits."""
    seeded()
    model = _compiled(tutorials.classifier(), "sparse_categorical_crossentropy")
    images = {"image": to_float(part.images)}
    model.fit(images, part.labels, batch_size=CLASSIFIER_BATCH, epochs=epochs, verbose=0)
    return model


def _compiled(model: keras.Model, loss: str) -> keras.Model:
    model.compile("adam", loss, jit_compile=keras.backend.backend() != "tensorflow")
    return model
