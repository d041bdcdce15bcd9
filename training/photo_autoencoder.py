"""Photographs for an autoencoder: pairs of views of one photograph, and a card of what the network can."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from models.card import Embedding, Input
from models.pixels import ByteImage, FloatImage, to_float
from training.architectures.photo_autoencoder import COLOURS, SIDE, THUMBNAIL, start_as_components
from training.brightness import brightness
from training.degradations import gaussian, jpeg
from training.photo_autoencoder_figures import anomaly, figures
from training.photographs import read_collection
from training.recipe import Batch, Stage

LATENT = 256
HELD_OUT_EVERY = 4
"""A quarter of the photographs are the gallery that the embedding is searched in, and no batch is drawn from them."""

WHOLE_SHARE = 0.3
AREAS = (0.25, 1.0)
STRETCH = 1.28
"""A view is the whole photograph, or a part of so much of its area, stretched or squeezed by up to this factor."""

CLOSER = (0.85, 1.0)
GAINS = (0.75, 1.3)
SIGMAS = (0.0, 25.0)
QUALITIES = (20, 90)
CLEAN_SHARE = 0.2
"""The second view is a crop of the first, at another brightness, and with noise or as JPEG unless it stays clean."""

COMPONENTS_FROM = 2_400


@dataclass(frozen=True)
class _Window:
    """A part of a photograph in its pixels, not always whole ones; `mirrored` left to right."""

    top: float
    left: float
    height: float
    width: float
    mirrored: bool

    def closer(self, share: float, rng: np.random.Generator) -> "_Window":
        """Return a random part of this one, of `share` of its sides."""
        height, width = share * self.height, share * self.width
        top = self.top + rng.uniform(0.0, self.height - height)
        left = self.left + rng.uniform(0.0, self.width - width)
        return _Window(top, left, height, width, self.mirrored)

    def of(self, photograph: ByteImage) -> FloatImage:
        """Return this part as the network takes it, (128, 128, 3) float32 in 0-1."""
        box = (self.left, self.top, self.left + self.width, self.top + self.height)
        scaled = Image.fromarray(photograph).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)
        pixels = to_float(np.asarray(scaled))
        return pixels[:, ::-1] if self.mirrored else pixels


class Views:
    """Pairs of views of photographs: rows 2i and 2i + 1 of a batch are of one, the second of them disturbed."""

    def __init__(self, folder: Path | None) -> None:
        if folder is None:
            raise ValueError("photographs are needed to train on: --data FOLDER")
        self._collection = read_collection(folder, SIDE, HELD_OUT_EVERY)

    @property
    def training(self) -> list[ByteImage]:
        """The photographs that batches are drawn from."""
        return self._collection.training

    @property
    def held_out(self) -> list[ByteImage]:
        """The photographs that no batch is drawn from."""
        return self._collection.held_out

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        unused = np.zeros((stage.batch, LATENT), np.float32)
        while True:
            pairs = [self._pair(rng) for _ in range(stage.batch // 2)]
            shown, meant = (np.stack([view for pair in pairs for view in pair[part]]) for part in range(2))
            yield {"image": shown}, {"image": meant, "embedding": unused}

    def thumbnails(self, count: int) -> FloatImage:
        """Return `count` views as standardised thumbnails, (count, 16, 16, 3), the same ones each time."""
        rng = np.random.default_rng(0)
        return np.stack([_thumbnail(_window(each, rng).of(each)) for each in self._drawn(count, rng)])

    def describe(self) -> str:
        return f"{self._collection}; pairs of views, one a crop of the other at another brightness, noisy or as JPEG"

    def _drawn(self, count: int, rng: np.random.Generator) -> Iterator[ByteImage]:
        return (self.training[int(index)] for index in rng.integers(len(self.training), size=count))

    def _pair(self, rng: np.random.Generator) -> tuple[Sequence[FloatImage], Sequence[FloatImage]]:
        """Return two views as the network sees them, and as it is to give them back."""
        (photograph,) = self._drawn(1, rng)
        window = _window(photograph, rng)
        first = window.of(photograph)
        closer = window.closer(rng.uniform(*CLOSER), rng).of(photograph)
        second = np.clip(closer * np.float32(rng.uniform(*GAINS)), 0.0, 1.0)
        return (first, _disturbed(second, rng)), (first, second)


def _window(photograph: ByteImage, rng: np.random.Generator) -> _Window:
    height, width = photograph.shape[:2]
    whole = _Window(0.0, 0.0, height, width, bool(rng.random() < 0.5))
    if rng.random() < WHOLE_SHARE:
        return whole
    side, stretch = rng.uniform(*AREAS) ** 0.5, STRETCH ** rng.uniform(-1.0, 1.0)
    tall, wide = min(1.0, side * stretch) * height, min(1.0, side / stretch) * width
    top, left = rng.uniform(0.0, height - tall), rng.uniform(0.0, width - wide)
    return _Window(top, left, tall, wide, whole.mirrored)


def _thumbnail(view: FloatImage) -> FloatImage:
    block = SIDE // THUMBNAIL
    small = view.reshape(THUMBNAIL, block, THUMBNAIL, block, COLOURS).mean(axis=(1, 3))
    mean, deviation = brightness(view)
    return np.asarray((small - mean) / deviation, np.float32)


def _disturbed(view: FloatImage, rng: np.random.Generator) -> FloatImage:
    kind = rng.random()
    if kind < CLEAN_SHARE:
        return view
    if kind < (1 + CLEAN_SHARE) / 2:
        return gaussian(view, rng.uniform(*SIGMAS), rng)
    return jpeg(view, int(rng.integers(*QUALITIES)), subsampled=True)


def start(model: keras.Model, data: Views) -> None:
    """Make the linear path of a fresh `model` the principal components of the training views."""
    start_as_components(model, data.thumbnails(COMPONENTS_FROM))


def card(model: keras.Model, data: Views) -> Mapping[str, Any]:
    """Return the fields of the card of an autoencoder of photographs."""
    return {
        "task": "autoencode",
        "input": Input(channels=COLOURS, height=SIDE, width=SIDE),
        "controls": ("normalize",),
        "embedding": Embedding(dimension=LATENT, normalize=True),
        "anomaly": anomaly(model, data.held_out),
        "figures": figures(model, data.training, data.held_out),
    }
