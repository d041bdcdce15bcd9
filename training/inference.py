"""Running a model outside the training loop, the same on every backend."""

import keras
import numpy as np

from models.denoising import Feed, Run
from models.loader import ENCODER, ESTIMATOR
from models.pixels import FloatImage


def runner(model: keras.Model) -> Run:
    """Return `model` as a function of named inputs."""
    _without_xla_on_tensorflow(model)

    def run(feed: Feed) -> FloatImage:
        return np.asarray(model.predict_on_batch(dict(feed)), dtype=np.float32)

    return run


def encoder_of(model: keras.Model) -> Run:
    """Return an autoencoder's encoder as a function of named inputs; it returns (N, dimension)."""
    return _of_image(model.get_layer(ENCODER))


def estimator_of(model: keras.Model) -> Run:
    """Return a blind denoiser's estimator as a function of named inputs; see models.noise_map for what it returns."""
    return _of_image(model.get_layer(ESTIMATOR))


def _of_image(part: keras.Model) -> Run:
    _without_xla_on_tensorflow(part)

    def run(feed: Feed) -> FloatImage:
        return np.asarray(part.predict_on_batch(feed["image"]), dtype=np.float32)

    return run


def _without_xla_on_tensorflow(model: keras.Model) -> None:
    """XLA compiles anew for every size, and oneDNN's kernels beat it on CPUs."""
    if keras.backend.backend() == "tensorflow":
        model.jit_compile = False


def run_in_batches(run: Run, images: FloatImage, batch: int = 500) -> FloatImage:
    """Return what `run` makes of `images` (N, H, W, C), `batch` of them at a time."""
    return np.concatenate([run({"image": images[start : start + batch]}) for start in range(0, len(images), batch)])
