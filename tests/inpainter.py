"""A small artifact that takes a mask, with weights made by hand."""

from pathlib import Path

import keras

from models.card import Input, Noise, Training
from models.store import Artifact, verify
from tests.blind import BLOCKS, HALO, WIDTHS, randomised
from training.architectures import unet
from training.export import export


def write_artifact(directory: Path, name: str) -> Artifact:
    """Write version 1 of `name` below `directory`: it changes pixels at random, by the mask and what is around them."""
    model: keras.Model = randomised(unet.build(WIDTHS, BLOCKS, name="inpainter", told="mask"))
    tail = model.get_layer("tail").kernel
    tail.assign(tail / 10)
    card = {
        "name": name,
        "version": "1",
        "task": "denoise",
        "summary": "For tests.",
        "licence": "Apache-2.0",
        "input": Input(channels=3, multiple=unet.multiple_of(WIDTHS), halo=HALO),
        "controls": ("mask",),
        "parameters": model.count_params(),
        "kmac_per_pixel": 2.0,
        "noise": Noise(kind="none", sigma_min=0, sigma_max=0),
        "training": Training(
            recipe="none", data="none", steps=0, samples=0, minutes=0, precision="float32", backend="none", keras="none"
        ),
    }
    directory.mkdir(parents=True, exist_ok=True)
    return verify(export(model, card, directory))
