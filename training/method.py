"""A denoiser as it is measured: the network, what it is told about the noise, and in how many passes it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import keras

from models.card import Estimator, Expert, Input, ModelCard
from models.denoising import Run, denoise
from models.estimating import estimate
from models.experts import expert_for
from models.loader import denoiser_of, experts_of
from models.noise_map import Level, NoiseMap, worth_removing
from models.pixels import ByteImage, FloatImage, to_bytes, to_float
from models.tiles import DEFAULT_TILE
from training.inference import estimator_of, runner

Noisy = ByteImage | FloatImage

Known = Callable[[Noisy, float | None], Level | None]
"""What a denoiser is told about a noisy picture whose true level, if it has one, is the second argument."""


Look = Callable[[Noisy], NoiseMap]
"""What an estimator finds in a noisy picture."""


def told(_: Noisy, sigma: float | None) -> Level | None:
    """Tell the true level."""
    return sigma


def untold(_: Noisy, __: float | None) -> Level | None:
    """Tell nothing: for a model without that input."""
    return None


def look(model: keras.Model, spec: Estimator) -> Look:
    """Return what the estimator inside `model` finds, as a function."""
    run = estimator_of(model)
    return lambda noisy: estimate(noisy, run, spec, tile=DEFAULT_TILE)


def blind(model: keras.Model, spec: Estimator) -> Known:
    """Tell what the estimator inside `model` finds, as the service does for `sigma=auto`."""
    found = look(model, spec)
    return lambda noisy, _: found(noisy)


@dataclass(frozen=True)
class Method:
    """One way to run a denoiser; `suffix` names it in a figure's protocol.

    With `experts`, networks by name, `look` tells which of them a picture is for, as the service has it.
    """

    run: Run
    spec: Input
    known: Known = told
    ensemble: bool = False
    experts: Mapping[Expert, Run] = field(default_factory=dict)
    look: Look | None = None

    @property
    def suffix(self) -> str:
        auto = "" if self.known in {told, untold} else ", sigma=auto"
        return auto + (", ensemble" if self.ensemble else "")

    def __call__(self, noisy: Noisy, sigma: float | None) -> ByteImage:
        """Return `noisy` (H, W, 1 or 3) denoised whole, if it is worth it; output clipped and rounded to 8 bits."""
        level = self.known(noisy, sigma)
        if not worth_removing(level):
            return to_bytes(to_float(noisy))
        run = self._network(noisy, level)
        return denoise(noisy, run, self.spec, tile=DEFAULT_TILE, sigma=level, ensemble=self.ensemble)

    def _network(self, noisy: Noisy, level: Level | None) -> Run:
        """Return the network that `noisy` is for; a map of levels has been looked for already."""
        if not self.experts or not self.look:
            return self.run
        found = level if isinstance(level, NoiseMap) else self.look(noisy)
        expert = expert_for(self.experts, found, gray=noisy.shape[2] == 1)
        return self.experts[expert] if expert else self.run


def method_of(card: ModelCard, model: keras.Model, *, auto: bool = False, ensemble: bool = False) -> Method:
    """Return `model` told nothing if it takes no level, its own estimate with `auto`, else the true level."""
    known: Known = told
    if card.estimator is None:
        known = untold
    elif auto:
        known = blind(model, card.estimator)
    experts = {name: runner(network) for name, network in experts_of(model).items()}
    found = look(model, card.estimator) if card.estimator else None
    return Method(runner(denoiser_of(model)), card.input, known, ensemble, experts, found)
