"""The pictures that all methods get: noisy ones beside what they should become."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from skimage import data

from models.pixels import ByteImage
from training.evaluate import degrade
from training.photographs import image_files, read_picture, real_pairs

EXAMPLES = ("astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "rocket")
"""Photographs that come with scikit-image: no download."""


@dataclass(frozen=True)
class Case:
    """A noisy picture, (H, W, 1 or 3) uint8, the clean one, and the noise level (0-255 scale) unless it is unknown."""

    name: str
    noisy: ByteImage
    clean: ByteImage
    sigma: float | None

    @property
    def megapixels(self) -> float:
        """The size of the picture."""
        height, width = self.clean.shape[:2]
        return float(height * width / 1e6)


@dataclass(frozen=True)
class DataSet:
    """Cases that `cases` reads one by one: `count` pictures at each of `sigmas`, which are none for real noise.

    Nobody's rights are hurt by showing the pictures of a `public` one.
    """

    name: str
    count: int
    sigmas: Sequence[float]
    cases: Callable[[], Iterator[Case]]
    public: bool = False

    @property
    def real(self) -> bool:
        """Whether the noise is a camera's, of a level that nobody knows."""
        return not self.sigmas


def examples(sigmas: Sequence[float], limit: int | None = None) -> DataSet:
    """Return scikit-image's photographs with noise, or the first `limit` of them."""
    names = EXAMPLES[:limit]
    pictures = [(name, partial(example, name)) for name in names]
    return DataSet("examples", len(names), sigmas, partial(_with_noise, pictures, sigmas), public=True)


def with_noise(folder: Path, sigmas: Sequence[float], limit: int | None = None) -> DataSet:
    """Return the pictures of a folder with noise, or the first `limit`. Raises ValueError where there are none."""
    files = image_files(folder)[:limit]
    pictures = [(path.name, partial(read_picture, path)) for path in files]
    return DataSet(folder.resolve().name, len(files), sigmas, partial(_with_noise, pictures, sigmas))


def with_real_noise(folder: Path, limit: int | None = None) -> DataSet:
    """Return the pairs `NAME_real.png`, `NAME_mean.png` of a folder, or the first `limit`.

    Raises ValueError where there are none or one lacks its other half.
    """
    count = sum(1 for _ in islice(real_pairs(folder), limit))
    return DataSet(folder.resolve().name, count, (), partial(_pairs, folder, limit))


def example(name: str) -> ByteImage:
    """Return a photograph of scikit-image, (H, W, 1 or 3) uint8."""
    pixels = np.asarray(getattr(data, name)(), dtype=np.uint8)
    return np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[..., None])


def _with_noise(pictures: Sequence[tuple[str, Callable[[], ByteImage]]], sigmas: Sequence[float]) -> Iterator[Case]:
    for name, read in pictures:
        clean = read()
        for sigma in sigmas:
            yield Case(name, np.asarray(degrade(clean, sigma, "http"), dtype=np.uint8), clean, sigma)


def _pairs(folder: Path, limit: int | None) -> Iterator[Case]:
    for number, (noisy, clean) in enumerate(islice(real_pairs(folder), limit), start=1):
        yield Case(f"pair {number}", noisy, clean, None)
