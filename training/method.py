"""A denoiser as it is measured: the network, what it is told about the noise, and in how many passes it runs."""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from models.card import Estimator, Input, ModelCard
from models.denoising import Run, denoise
from models.estimating import estimate
from models.loader import denoiser_of
from models.noise_map import Level
from models.pixels import ByteImage, FloatImage
from models.tiles import DEFAULT_TILE
from training.inference import estimator_of, runner

Noisy = ByteImage | FloatImage

Known = Callable[[Noisy, float | None], Level | None]
"""What a denoiser is told about a noisy picture whose true level, if it has one, is the second argument."""


def told(_: Noisy, sigma: float | None) -> Level | None:
    """Tell the true level."""
    return sigma


def untold(_: Noisy, __: float | None) -> Level | None:
    """Tell nothing: for a model without that input."""
    return None


def blind(model: keras.Model, spec: Estimator) -> Known:
    """Tell what the estimator inside `model` finds, as the service does for `sigma=auto`."""
    run = estimator_of(model)
    return lambda noisy, _: estimate(noisy, run, spec, tile=DEFAULT_TILE)


@dataclass(frozen=True)
class Method:
    """One way to run a denoiser; `suffix` names it in a figure's protocol."""

    run: Run
    spec: Input
    known: Known = told
    ensemble: bool = False

    @property
    def suffix(self) -> str:
        auto = "" if self.known in {told, untold} else ", sigma=auto"
        return auto + (", ensemble" if self.ensemble else "")

    def __call__(self, noisy: Noisy, sigma: float | None) -> ByteImage:
        """Return `noisy` (H, W, 1 or 3) denoised whole; output clipped and rounded to 8 bits."""
        level = self.known(noisy, sigma)
        return denoise(noisy, self.run, self.spec, tile=DEFAULT_TILE, sigma=level, ensemble=self.ensemble)


def method_of(card: ModelCard, model: keras.Model, *, auto: bool = False, ensemble: bool = False) -> Method:
    """Return `model` told nothing if it takes no level, its own estimate with `auto`, else the true level."""
    known: Known = told
    if card.estimator is None:
        known = untold
    elif auto:
        known = blind(model, card.estimator)
    return Method(runner(denoiser_of(model)), card.input, known, ensemble)
