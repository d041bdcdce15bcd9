"""What the autoencoders of digits have in common: digits that are their own targets, and a card of what they can."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.card import Anomaly, Embedding, Input
from models.loader import ENCODER
from models.pixels import to_float
from training.anomalies import anomaly_of
from training.degradations import gaussian_clipped
from training.digit_figures import SIGMA, autoencoder_figures
from training.digits import SIDE, Part, read, shuffled, split
from training.inference import run_in_batches, runner
from training.recipe import Batch, Stage


class OwnTargets:
    """Digits that are their own targets; the share `noisy` of each batch goes in with noise.

    That is a denoising autoencoder (Vincent et al. 2008).
    """

    def __init__(self, path: Path | None, noisy: float = 0.0) -> None:
        self.training, self.held_out = split(read(path))
        self._noisy = noisy

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        for images in shuffled(self.training.images, stage.batch, rng):
            clean, noisy = to_float(images), int(stage.batch * self._noisy)
            image = clean
            if noisy:
                disturbed = gaussian_clipped(clean[:noisy], rng.uniform(0.0, SIGMA), rng)
                image = np.concatenate([disturbed, clean[noisy:]])
            yield {"image": image}, clean

    def describe(self) -> str:
        noise = f"; {self._noisy:.0%} with Gaussian noise, sigma 0-{SIGMA:g}, clipped to 0-1" if self._noisy else ""
        return f"{len(self.training.images)} {self.training.name} images{noise}"


def card(model: keras.Model, data: OwnTargets, *, normalize: bool) -> Mapping[str, Any]:
    """Return the fields of the card of an autoencoder of digits; `normalize` is its embedding's."""
    return {
        "task": "autoencode",
        "input": Input(channels=1, height=SIDE, width=SIDE, background="black"),
        "controls": ("normalize", "paper"),
        "embedding": Embedding(dimension=model.get_layer(ENCODER).output.shape[-1], normalize=normalize),
        "anomaly": anomaly(model, data.held_out),
        "figures": autoencoder_figures(model, data.training, data.held_out, normalize=normalize),
    }


def anomaly(model: keras.Model, part: Part) -> Anomaly:
    """Return where the errors of the held-out images in `part` lie."""
    clean = to_float(part.images)
    return anomaly_of(clean, run_in_batches(runner(model), clean))
