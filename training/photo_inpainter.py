"""What fills in boxes blacked out of photographs: a network that is told where they are or finds them, and its card."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.card import Input, Noise
from models.complexity import kmac_per_pixel
from models.denoising import Feed, Run
from models.pixels import ByteImage, FloatImage, Mask
from training.architectures import unet
from training.box_figures import SIDES, box_figures
from training.complexity import receptive_radius
from training.degradations import blacked_out, box_mask
from training.halo import measured_halo
from training.inference import runner
from training.losses import psnr_loss
from training.muon import AveragingMuon
from training.photographs import PatchSampler, read_collection
from training.recipe import Batch, Recipe, Stage

TOLD_SHARE = 0.5
"""How many are told where the boxes are; the others' map is all zero, and the network has to find them itself."""
AREA_OF_A_BOX = 128 * 128 // 10
"""Pixels of a patch for each box that it may have at most."""
STAGES = (Stage(until=0.6, batch=8, size=96), Stage(until=1.0, batch=8, size=128))


class BoxedPhotographs:
    """Patches of photographs with boxes blacked out, and the map of these, which half of them are told."""

    def __init__(self, folder: Path | None) -> None:
        if folder is None:
            raise ValueError("photographs are needed to train on: --data FOLDER")
        self._collection = read_collection(folder, at_least=max(stage.size for stage in STAGES))
        self._sampler = PatchSampler(self._collection.training)

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        while True:
            samples = [self._sample(stage.size, rng) for _ in range(stage.batch)]
            image, mask, clean = (np.stack([sample[part] for sample in samples]) for part in range(3))
            yield {"image": image, "mask": mask}, clean

    def describe(self) -> str:
        boxes = f"1-10 black boxes with sides of {SIDES[0]}-{SIDES[1]} pixels in 128 x 128, {TOLD_SHARE:.0%} told"
        return f"{self._collection}; random patches, flips and rotations; {boxes}"

    @property
    def held_out(self) -> list[ByteImage]:
        """The photographs that no batch is drawn from."""
        return self._collection.held_out

    def _sample(self, size: int, rng: np.random.Generator) -> tuple[FloatImage, FloatImage, FloatImage]:
        """Return (the picture with boxes, what the network is told of them, the picture)."""
        clean = self._sampler.draw(size, rng)
        count = int(rng.integers(1, size * size // AREA_OF_A_BOX + 1))
        mask = box_mask(clean.shape, count, rng, sides=SIDES)
        told = mask if rng.random() < TOLD_SHARE else np.zeros_like(mask)
        return blacked_out(clean, mask), _channel(told), clean


def masked_probes(clean: FloatImage, rng: np.random.Generator) -> Iterator[Feed]:
    """Yield `clean` (H, W, 3) as it is, with boxes, and with boxes and their map: the network's inputs."""
    count = clean.shape[0] * clean.shape[1] // AREA_OF_A_BOX
    mask = box_mask(clean.shape, count, rng, sides=SIDES)
    untold = _channel(np.zeros_like(mask))
    boxed = blacked_out(clean, mask)
    yield {"image": clean, "mask": untold}
    yield {"image": boxed, "mask": untold}
    yield {"image": boxed, "mask": _channel(mask)}


def _channel(mask: Mask) -> FloatImage:
    return mask[..., None].astype(np.float32)


def _card(model: keras.Model, data: BoxedPhotographs, *, multiple: int) -> Mapping[str, Any]:
    run = runner(model)
    halo = measured_halo(_keeping(run), receptive_radius(model, multiple), multiple, data.held_out, masked_probes)
    spec = Input(channels=3, multiple=multiple, halo=halo)
    return {
        "task": "denoise",
        "input": spec,
        "controls": ("mask",),
        "kmac_per_pixel": round(kmac_per_pixel(model), 3),
        "noise": Noise(kind="boxes blacked out", sigma_min=0.0, sigma_max=0.0),
        "figures": box_figures(run, spec, data.held_out, dataset="held-out training photographs"),
    }


def _keeping(run: Run) -> Run:
    """Return `run` as users meet it: where there is a map, pixels outside its boxes stay as they are."""

    def kept(feed: Feed) -> FloatImage:
        told = feed["mask"] > 0
        return np.where(told | ~told.any(), run(feed), feed["image"])

    return kept


def recipe(name: str, summary: str, widths: Sequence[int], blocks: Sequence[int], *, minutes: float) -> Recipe[Any]:
    """Return the recipe of a network of this size."""
    return Recipe(
        name=name,
        summary=summary,
        build=partial(unet.build, widths, blocks, name="inpainter", told="mask"),
        load=BoxedPhotographs,
        loss=psnr_loss,
        card=partial(_card, multiple=unet.multiple_of(widths)),
        stages=STAGES,
        epoch=100_000,
        minutes=minutes,
        optimizer=AveragingMuon,
    )
