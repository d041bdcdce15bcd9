"""What the denoisers for photographs have in common: a blind network, degraded patches, and a card of what it can."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np

from models.card import Estimator, Expert, Input, Noise
from models.complexity import kmac_per_pixel
from models.loader import DENOISER, ESTIMATOR, experts_of, networks_of
from models.noise_map import BLOCK
from models.pixels import ByteImage, FloatImage
from training.architectures import estimator, unet
from training.complexity import receptive_radius
from training.degradations import Mix
from training.evaluate import denoising_psnr, psnr_figure
from training.growth import settle_experts
from training.halo import measured_estimator_halo, measured_halo
from training.inference import estimator_of, runner
from training.losses import noise_loss, psnr_loss
from training.method import Method, blind, look
from training.muon import AveragingMuon
from training.own_level import rehearsed
from training.photographs import PatchSampler, read_collection
from training.recipe import Alone, Batch, Recipe, Stage
from training.telling import EXACTLY, SELDOM_OVERSTATED, Telling, level_of, told, whiteness_of

FIGURE_SIGMAS = (15.0, 25.0, 50.0)
STAGES = (Stage(until=0.5, batch=8, size=64), Stage(until=0.75, batch=8, size=96), Stage(until=1.0, batch=8, size=128))

ALONE_STAGES = (Stage(until=1.0, batch=8, size=128),)
"""A network that is trained on alone needs no small patches to find its feet, and large ones are worth 0.04 dB."""
EXPERT_STAGES = (
    Stage(until=0.45, batch=8, size=128),
    Stage(until=0.65, batch=4, size=192),
    Stage(until=1.0, batch=3, size=224),
)
"""Larger at the end: nine tenths of a patch of 128 lie within a large expert's halo of its border, six of 224."""
ESTIMATOR_STAGES = (Stage(until=0.5, batch=16, size=128), Stage(until=1.0, batch=12, size=160))
"""As large as it sees, or nearly: what is white noise and what texture shows over a distance."""


def build(
    widths: Sequence[int],
    blocks: Sequence[int],
    trunk: str = "float32",
    *,
    far: int = 0,
    inside: Sequence[int] | None = None,
    experts: Sequence[Expert] = (),
    expert_blocks: Sequence[int] | None = None,
) -> keras.Model:
    """Build a denoiser, the estimator (`far`, `inside`) that tells it the noise level, and `experts`.

    Inputs: `image` (N, H, W, 3) and `sigma` (N, H, W, 1), see training.architectures.unet. Outputs: `image`, denoised
    with that sigma; the same by each expert, a network like the denoiser but of `expert_blocks` (None: as many), under
    its name; and `noise`, the estimate from the image alone, see training.architectures.estimator, which with experts
    tells kinds too.
    """
    image = keras.Input((None, None, unet.COLOURS), name="image")
    sigma = keras.Input((None, None, 1), name="sigma")
    inputs = {"image": image, "sigma": sigma}
    clean = {"image": unet.build(widths, blocks, trunk, name=DENOISER)(inputs)}
    clean |= {name: unet.build(widths, expert_blocks or blocks, trunk, name=name)(inputs) for name in experts}
    estimates = estimator.build(trunk, name=ESTIMATOR, far=far, inside=inside, whiteness=bool(experts))(image)
    return keras.Model(inputs, {**clean, "noise": estimates})


class Photographs:
    """Patches of photographs, degraded as `mix` says; what the network is told of the noise is an input.

    Photographs too small for a patch of one of the `stages` are left out.
    """

    def __init__(
        self, mix: Mix, folder: Path | None, stages: Sequence[Stage] = STAGES, telling: Telling | None = None
    ) -> None:
        if folder is None:
            raise ValueError("photographs are needed to train on: --data FOLDER")
        self._mix, self._telling = mix, telling or Telling()
        self._collection = read_collection(folder, at_least=max(stage.size for stage in stages))
        self._sampler = PatchSampler(self._collection.training)

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        while True:
            samples = [self._sample(stage.size, rng) for _ in range(stage.batch)]
            noisy, clean, told, noise = (np.stack([sample[part] for sample in samples]) for part in range(4))
            targets = dict.fromkeys(("image", *get_args(Expert)), clean)
            yield {"image": noisy, "sigma": told}, {**targets, "noise": noise}

    def describe(self) -> str:
        return f"{self._collection}; random patches, flips and rotations; {self._mix}"

    @property
    def held_out(self) -> list[ByteImage]:
        """The photographs that no batch is drawn from."""
        return self._collection.held_out

    def _sample(self, size: int, rng: np.random.Generator) -> tuple[FloatImage, FloatImage, FloatImage, FloatImage]:
        """Return (noisy, clean, what the network is told of each pixel, level and whiteness of each block)."""
        degraded = self._mix.draw(self._sampler.draw(size, rng), rng)
        level = level_of(degraded)
        stated = told(degraded, level, self._mix.sigma_max, self._telling, rng)
        return degraded.noisy, degraded.clean, stated, np.concatenate([level, whiteness_of(degraded, level)], axis=-1)


def _card(model: keras.Model, data: Photographs, *, multiple: int, sigma_max: float) -> Mapping[str, Any]:
    networks, estimating, experts = networks_of(model), model.get_layer(ESTIMATOR), experts_of(model)
    radius = max(receptive_radius(each, multiple) for each in networks)
    runs = [runner(each) for each in networks]
    spec = Input(
        channels=3,
        multiple=multiple,
        halo=max(measured_halo(run, radius, multiple, data.held_out) for run in runs),
    )
    told_by = Estimator(
        multiple=BLOCK,
        halo=measured_estimator_halo(estimator_of(model), receptive_radius(estimating, BLOCK), data.held_out),
        kmac_per_pixel=round(kmac_per_pixel(estimating), 3),
        whiteness=bool(experts),
    )
    plain = Method(runs[0], spec, experts=dict(zip(experts, runs[1:], strict=True)), look=look(model, told_by))
    methods = (plain, replace(plain, known=blind(model, told_by)))
    figures = [
        psnr_figure(
            denoising_psnr(method, data.held_out, sigma, "float"),
            dataset="held-out training photographs",
            sigma=sigma,
            protocol=f"float{method.suffix}",
        )
        for method in methods
        for sigma in FIGURE_SIGMAS
    ]
    return {
        "task": "denoise",
        "input": spec,
        "controls": ("sigma", "strength"),
        "kmac_per_pixel": round(max(map(kmac_per_pixel, networks)), 3),
        "noise": Noise(kind="gaussian, camera, mixed", sigma_min=0.0, sigma_max=sigma_max),
        "estimator": told_by,
        "experts": tuple(experts),
        "figures": figures,
    }


def recipe(
    name: str,
    summary: str,
    widths: Sequence[int],
    blocks: Sequence[int],
    mix: Mix,
    *,
    estimator_mix: Mix,
    minutes: float,
    far: int = 0,
    inside: Sequence[int] | None = None,
    experts: Mapping[Expert, Mix] | None = None,
    expert_blocks: Sequence[int] | None = None,
    image_mix: Mix | None = None,
) -> Recipe[Photographs]:
    """Return the recipe of a denoiser of this size, trained on `mix`, its estimator alone on `estimator_mix`.

    Its parts are `image`, the denoiser, alone on `image_mix` (None: `mix`), and `noise`, the estimator, of `far` and
    `inside` (training.architectures.estimator); and `experts`, of `expert_blocks` (None: `blocks`), each trained on its
    own mix, alone. Until then they do what the denoiser does.
    """
    load, experts = partial(Photographs, mix), experts or {}
    sizes: dict[str, Any] = {"far": far, "inside": inside, "experts": tuple(experts), "expert_blocks": expert_blocks}
    load_image = partial(Photographs, image_mix or mix, stages=ALONE_STAGES, telling=SELDOM_OVERSTATED)
    return Recipe(
        name=name,
        summary=summary,
        build=partial(build, widths, blocks, **sizes),
        load=load,
        loss={"image": psnr_loss, "noise": noise_loss},
        card=partial(_card, multiple=unet.multiple_of(widths), sigma_max=mix.sigma_max),
        stages=STAGES,
        epoch=100_000,
        minutes=minutes,
        optimizer=AveragingMuon,
        rehearsed=rehearsed,
        settle=settle_experts,
        alone={
            "image": Alone({"image": psnr_loss}, ALONE_STAGES, load_image, frozen=(ESTIMATOR,)),
            "noise": Alone(
                {"noise": noise_loss}, ESTIMATOR_STAGES, partial(Photographs, estimator_mix, stages=ESTIMATOR_STAGES)
            ),
            **{name: _expert(name, only) for name, only in experts.items()},
        },
    )


def _expert(name: Expert, mix: Mix) -> Alone[Photographs]:
    load = partial(Photographs, mix, stages=EXPERT_STAGES, telling=EXACTLY)
    return Alone({name: psnr_loss}, EXPERT_STAGES, load, frozen=(ESTIMATOR,))
