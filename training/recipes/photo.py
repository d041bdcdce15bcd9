"""`photo`: the default denoiser for photographs.

Command:  python -m training fit photo --data FOLDER_OF_PHOTOGRAPHS --minutes 120
Expected: 105 minutes on two Zen 4 cores that had other work too (96,200 steps) reached 33.48 / 30.79 / 27.53 dB on
          CBSD68 at sigma 15 / 25 / 50 (float protocol); 91 more with --from photo --rate 4e-4 --decay-from 0.25
          (100,500 steps) 33.55 / 30.86 / 27.62 dB; 118 more of the same, beside much other work (129,400 steps)
          33.59 / 30.90 / 27.67 dB.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.card import Input, Noise
from models.pixels import LEVELS, ByteImage, FloatImage, to_gray
from training.architectures import unet
from training.architectures.unet import UNSHUFFLE
from training.complexity import receptive_radius
from training.degradations import gaussian
from training.evaluate import denoising_psnr, psnr_figure
from training.halo import measured_halo
from training.inference import runner
from training.losses import psnr_loss
from training.photographs import PatchSampler, read_collection
from training.recipe import Batch, Recipe, Stage

SIGMA_MAX = 75.0
GRAY_SHARE = 0.25
OVERSTATED_SHARE = 0.05
WIDTHS = (48, 96)
BLOCKS = (2, 2)
FIGURE_SIGMAS = (15.0, 25.0, 50.0)
STAGES = (Stage(until=0.5, batch=4, size=64), Stage(until=0.75, batch=4, size=96), Stage(until=1.0, batch=4, size=128))


def _noisy(clean: FloatImage, rng: np.random.Generator) -> tuple[FloatImage, FloatImage, float]:
    """Return (noisy, clean, told sigma on the 0-255 scale) of one patch, a quarter of them gray.

    A few have less noise than they are told, so that a level set too high costs detail but adds nothing: told sigma 25,
    a network that always was told the truth gives clean flat surfaces a rim.
    """
    told = float(rng.uniform(0.0, SIGMA_MAX))
    sigma = told * float(rng.random()) if rng.random() < OVERSTATED_SHARE else told
    gray = bool(rng.random() < GRAY_SHARE)
    if gray:
        clean = np.repeat(to_gray(clean), 3, axis=-1)
    return gaussian(clean, sigma, rng, shared=gray), clean, told


class Photographs:
    """Patches of photographs with Gaussian noise of a random level; the level is an input of the network."""

    def __init__(self, folder: Path | None) -> None:
        if folder is None:
            raise ValueError("photo trains on a folder of photographs: --data FOLDER")
        self._collection = read_collection(folder, at_least=max(stage.size for stage in STAGES))
        self._sampler = PatchSampler(self._collection.training)

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        while True:
            samples = [_noisy(self._sampler.draw(stage.size, rng), rng) for _ in range(stage.batch)]
            noisy, clean = (np.stack([sample[part] for sample in samples]) for part in (0, 1))
            levels = np.array([sample[2] / LEVELS for sample in samples], dtype=np.float32)
            sigma = np.broadcast_to(levels[:, None, None, None], (*noisy.shape[:3], 1))
            yield {"image": noisy, "sigma": np.ascontiguousarray(sigma)}, clean

    def describe(self) -> str:
        return (
            f"{self._collection}; random patches, flips and rotations; "
            f"Gaussian noise, sigma 0-{SIGMA_MAX:.0f}, {GRAY_SHARE:.0%} gray, {OVERSTATED_SHARE:.0%} told too much"
        )

    @property
    def held_out(self) -> list[ByteImage]:
        """The photographs that no batch is drawn from."""
        return self._collection.held_out


def _card(model: keras.Model, data: Photographs) -> Mapping[str, Any]:
    multiple = UNSHUFFLE * 2 ** (len(WIDTHS) - 1)
    halo = measured_halo(runner(model), receptive_radius(model, multiple), multiple, data.held_out)
    spec = Input(channels=3, multiple=multiple, halo=halo)
    figures = [
        psnr_figure(
            results, dataset="held-out training photographs", sigma=sigma, protocol="float", precision="float32"
        )
        for sigma in FIGURE_SIGMAS
        for results in [denoising_psnr(runner(model), spec, data.held_out, sigma, "float")]
    ]
    return {
        "task": "denoise",
        "input": spec,
        "controls": ("sigma", "strength"),
        "noise": Noise(kind="gaussian", sigma_min=0.0, sigma_max=SIGMA_MAX),
        "figures": figures,
    }


RECIPE = Recipe(
    name="photo",
    summary="Removes noise of a known or estimated level from photographs, colour and gray.",
    build=partial(unet.build, WIDTHS, BLOCKS),
    load=Photographs,
    loss=psnr_loss,
    card=_card,
    stages=STAGES,
    epoch=100_000,
    minutes=120,
)
