"""Photographs for training: a folder of images in memory, split once, and random patches of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from models.pixels import ByteImage, FloatImage, to_8_bits, to_float

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})
HELD_OUT_EVERY = 64
IN_A_BENCHMARK = frozenset({"12003.jpg"})
"""Files of BSDS500's training part that a test set shows too: Set12's starfish is a piece of this one, in gray."""


def image_files(folder: Path) -> list[Path]:
    """Return the image files below `folder` in order of their paths. Raises ValueError where there are none."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f"no images below {folder}: expected files named {', '.join(sorted(SUFFIXES))}")
    return files


def read_rgb(path: Path) -> ByteImage:
    """Return an image file as (H, W, 3) uint8. Raises ValueError, naming it, for one that can't be read."""
    with _opened(path) as image:
        return np.asarray(image.convert("RGB"))


def read_picture(path: Path) -> ByteImage:
    """Return an image file as (H, W, 1) uint8 if it is gray, else as (H, W, 3).

    Raises ValueError, naming it, for one that can't be read.
    """
    with _opened(path) as image:
        gray = image.mode in {"1", "L", "LA"}
        pixels = np.asarray(image.convert("L" if gray else "RGB"))
    return pixels[..., None] if gray else pixels


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file, of which what is wrong may turn out within the context only."""
    try:
        with Image.open(path) as image:
            yield _in_8_bits(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: {error}") from error


def _in_8_bits(image: Image.Image) -> Image.Image:
    """Return `image`, if it has 16 bits, rounded: Pillow's own conversion makes all above 255 white."""
    return Image.fromarray(to_8_bits(np.asarray(image))) if image.mode.startswith("I;16") else image


def real_pairs(folder: Path) -> Iterator[tuple[ByteImage, ByteImage]]:
    """Yield noisy and clean of each pair `NAME_real.png`, `NAME_mean.png` (the mean of many shots) in `folder`.

    Raises ValueError where there are none or one lacks its other half.
    """
    noisy = sorted(folder.glob("*_real.png"))
    if not noisy:
        raise ValueError(f"no pairs in {folder}: expected NAME_real.png with NAME_mean.png")
    for path in noisy:
        mean = path.with_name(path.name.replace("_real.png", "_mean.png"))
        if not mean.is_file():
            raise ValueError(f"{path.name} lacks {mean.name}")
        yield read_picture(path), read_picture(mean)


@dataclass(frozen=True)
class Collection:
    """Photographs in memory, (H, W, 3) uint8, split for good; `sources` counts them by the folder they lie in."""

    training: list[ByteImage]
    held_out: list[ByteImage]
    sources: Counter[str]

    def __str__(self) -> str:
        sources = ", ".join(f"{name} {count}" for name, count in self.sources.items())
        return f"{len(self.training)} photographs, {len(self.held_out)} held out ({sources})"


def read_collection(folder: Path, at_least: int, held_out_every: int = HELD_OUT_EVERY) -> Collection:
    """Read all photographs below `folder` but those smaller than `at_least` pixels on a side.

    Every 64th, or so, is held out, and at least one: what the training run reports about itself comes from these.
    What a benchmark has too is left out of both. Raises ValueError where there are fewer than two.
    """
    read = [(path, read_rgb(path)) for path in image_files(folder)]
    large = [(path, image) for path, image in read if min(image.shape[:2]) >= at_least]
    numbered = [(index, *each) for index, each in enumerate(large) if each[0].name not in IN_A_BENCHMARK]
    if len(numbered) < 2:
        raise ValueError(f"{folder} has {len(numbered)} images of at least {at_least} pixels a side: needs two or more")
    training = [image for index, _, image in numbered if index % held_out_every]
    held_out = [image for index, _, image in numbered if index % held_out_every == 0]
    return Collection(training, held_out, Counter(path.parent.name for _, path, _ in numbered))


class PatchSampler:
    """Draws random square patches, each pixel of the collection equally likely, flipped and rotated."""

    def __init__(self, images: Sequence[ByteImage]) -> None:
        self._images = images
        areas = np.array([image.shape[0] * image.shape[1] for image in images], dtype=np.float64)
        self._cumulative = np.cumsum(areas / areas.sum())

    def draw(self, size: int, rng: np.random.Generator) -> FloatImage:
        """Return one (size, size, 3) float32 patch, 0-1."""
        picked = min(int(np.searchsorted(self._cumulative, rng.random())), len(self._images) - 1)
        image = self._images[picked]
        top = int(rng.integers(image.shape[0] - size + 1))
        left = int(rng.integers(image.shape[1] - size + 1))
        patch = np.rot90(image[top : top + size, left : left + size], int(rng.integers(4)))
        if rng.random() < 0.5:
            patch = patch[:, ::-1]
        return to_float(patch)
