"""A small blind artifact with weights made by hand, whose estimator finds what a test wants it to find."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.card import Estimator, Expert, Input, Noise, Training
from models.loader import DENOISER, ESTIMATOR
from models.noise_map import BLOCK
from models.store import Artifact, verify
from training.architectures import estimator, unet
from training.export import export

WIDTHS, BLOCKS = (8, 16), (1, 1)
HALO, REACH = 24, 41
"""Receptive radii of the denoiser and of the estimator, in pixels."""
CERTAIN = -10.0
"""The logarithm of an error so small that an estimate counts as it is."""


def write_artifact(
    directory: Path,
    name: str,
    *,
    level: float,
    gain: float = 0.0,
    experts: Sequence[Expert] = (),
    expert_blocks: Sequence[int] = BLOCKS,
    white: float | None = None,
) -> Artifact:
    """Write version 1 of `name` below `directory`; see `estimator_of` for what its estimator finds.

    Each of `experts` changes pixels in its own way, otherwise than the denoiser. More blocks see farther than `HALO`.
    """
    image, sigma = keras.Input((None, None, 3), name="image"), keras.Input((None, None, 1), name="sigma")
    inputs = {"image": image, "sigma": sigma}
    outputs = {each: random_denoiser(each, seed, expert_blocks)(inputs) for seed, each in enumerate(experts, start=1)}
    outputs |= {"image": random_denoiser()(inputs), "noise": estimator_of(level=level, gain=gain, white=white)(image)}
    model = keras.Model(inputs, outputs)
    directory.mkdir(parents=True, exist_ok=True)
    return verify(export(model, _card(name, model, experts, whiteness=white is not None), directory))


def estimator_of(*, level: float, gain: float, white: float | None = None) -> keras.Model:
    """Return an estimator that finds `level` in a black block, and log(1 + sigma) growing with its mean by `gain`.

    `white` is the log-odds of white noise that it finds anywhere; None: it tells nothing of that. Artifacts store 16
    bits, so all but `gain` is a power of two: what is found is exact where 4/3 of `gain` is short.
    """
    model = estimator.build(name=ESTIMATOR, whiteness=white is not None)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    head, first, second, tail = (model.get_layer(name).kernel for name in ("head", "from0", "from1", "tail"))
    _set(head, (1, 1, slice(None), 0), 1 / 16)
    _set(first, (slice(None), slice(None), 0, 0), 1 / 4)
    _set(second, (slice(None), slice(None), 0, 0), 1 / 4)
    _set(tail, (1, 1, 0, 0), gain * 16 / head.shape[2])
    model.get_layer("tail").bias.assign([np.log1p(level), CERTAIN])
    if white is not None:
        model.get_layer("kind").bias.assign([white])
    return model


def random_denoiser(name: str = DENOISER, seed: int = 0, blocks: Sequence[int] = BLOCKS) -> keras.Model:
    """Return a denoiser that changes pixels by several levels of 255, differently for each noise level and seed."""
    model = randomised(unet.build(WIDTHS, blocks, name=name), seed)
    tail = model.get_layer("tail").kernel
    tail.assign(tail / 10)
    return model


def randomised(model: keras.Model, seed: int = 0) -> keras.Model:
    """Return `model` with random kernels that keep the size of what passes through them."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if len(weight.shape) > 1:
            weight.assign(rng.normal(0, np.prod(weight.shape[:-1]) ** -0.5, weight.shape))
    return model


def _set(kernel: keras.Variable, place: tuple[int | slice, ...], value: float) -> None:
    values = np.zeros(kernel.shape, np.float32)
    values[place] = value
    kernel.assign(values)


def _card(name: str, model: keras.Model, experts: Sequence[Expert], *, whiteness: bool) -> Mapping[str, Any]:
    return {
        "name": name,
        "version": "1",
        "task": "denoise",
        "summary": "For tests.",
        "licence": "Apache-2.0",
        "input": Input(channels=3, multiple=unet.multiple_of(WIDTHS), halo=HALO),
        "controls": ("sigma", "strength"),
        "parameters": model.count_params(),
        "kmac_per_pixel": 2.0,
        "noise": Noise(kind="none", sigma_min=0, sigma_max=0),
        "estimator": Estimator(multiple=BLOCK, halo=REACH, kmac_per_pixel=2.3, whiteness=whiteness),
        "experts": tuple(experts),
        "training": Training(
            recipe="none", data="none", steps=0, samples=0, minutes=0, precision="float32", backend="none", keras="none"
        ),
    }
