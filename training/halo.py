"""How wide a halo a denoiser's tiles need: measured, as the receptive field's outermost pixels hardly count."""

from collections.abc import Iterator, Sequence

import numpy as np

from models.denoising import Run
from models.pixels import LEVELS, ByteImage, FloatImage, to_bytes, to_float
from training.degradations import gaussian

SIDE = 256
SIGMAS = (5.0, 25.0, 75.0)
PICTURES = 4


def measured_halo(run: Run, radius: int, multiple: int, pictures: Sequence[ByteImage]) -> int:
    """Return the halo at which a tile's inner edge changes no pixel by more than one level, and one `multiple` more.

    Denoises probes whole and without their left part, and finds how far from that edge the two differ by more than a
    level of 8 bits. The probes are white noise, black and white noise, and some of `pictures` (H, W, 3) uint8, with
    Gaussian noise and without. Never more than the receptive field's `radius`, rounded up to the `multiple`.
    """
    widest = -(-radius // multiple) * multiple
    needed = max(_reach(run, probe, sigma, widest) for probe, sigma in _probes(pictures, 3 * widest))
    return min(-(-needed // multiple) * multiple + multiple, widest)


def _probes(pictures: Sequence[ByteImage], at_least: int) -> Iterator[tuple[FloatImage, float]]:
    rng = np.random.default_rng(0)
    side = max(SIDE, at_least)
    noise = rng.random((side, side, 3)).astype(np.float32)
    photographs = [to_float(picture[:side, :side]) for picture in pictures if min(picture.shape[:2]) >= side]
    for clean in (noise, np.rint(noise), *photographs[:PICTURES]):
        for sigma in SIGMAS:
            yield clean, sigma
            yield gaussian(clean, sigma, rng), sigma


def _reach(run: Run, picture: FloatImage, sigma: float, cut: int) -> int:
    """Return how many columns from an edge after `cut` columns the result differs from that without the edge."""
    whole, part = _denoised(run, picture, sigma)[:, cut:], _denoised(run, picture[:, cut:], sigma)
    differs = np.abs(whole.astype(int) - part).max(axis=(0, 2)) > 1
    return int(np.flatnonzero(differs).max(initial=-1)) + 1


def _denoised(run: Run, picture: FloatImage, sigma: float) -> ByteImage:
    level = np.full((1, *picture.shape[:2], 1), sigma / LEVELS, dtype=np.float32)
    return to_bytes(run({"image": picture[None], "sigma": level})[0])
