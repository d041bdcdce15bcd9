"""How wide a halo a network's tiles need: measured, as the receptive field's outermost pixels hardly count."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from models.denoising import Feed, Run
from models.noise_map import BLOCK
from models.pixels import LEVELS, ByteImage, FloatImage, to_bytes, to_float
from training.degradations import gaussian

SIDE = 256
SIGMAS = (5.0, 25.0, 75.0)
PICTURES = 4

Probes = Callable[[FloatImage, np.random.Generator], Iterator[Feed]]
"""What a network is probed with: of a picture (H, W, 3) its inputs, each (H, W, C) float32, one set or several."""


def noisy_probes(clean: FloatImage, rng: np.random.Generator) -> Iterator[Feed]:
    """Yield `clean` (H, W, 3) with Gaussian noise and without, and `sigma` (H, W, 1): a denoiser's inputs."""
    for sigma in SIGMAS:
        level = np.full((*clean.shape[:2], 1), sigma / LEVELS, dtype=np.float32)
        yield {"image": clean, "sigma": level}
        yield {"image": gaussian(clean, sigma, rng), "sigma": level}


def measured_halo(
    run: Run, radius: int, multiple: int, pictures: Sequence[ByteImage], probes: Probes = noisy_probes
) -> int:
    """Return the halo at which a tile's inner edge changes no pixel by more than one level, and one `multiple` more.

    Runs the probes whole and without their left part, and finds how far from that edge the two differ by more than a
    level of 8 bits. The probes are made of white noise, black and white noise, and some of `pictures` (H, W, 3) uint8.
    Never more than the receptive field's `radius`, rounded up to the `multiple`.
    """
    widest = -(-radius // multiple) * multiple
    rng = np.random.default_rng(0)
    shown = (feed for clean in _pictures(pictures, 3 * widest, rng) for feed in probes(clean, rng))
    needed = max(_reach(run, feed, widest) for feed in shown)
    return min(-(-needed // multiple) * multiple + multiple, widest)


def measured_estimator_halo(run: Run, radius: int, pictures: Sequence[ByteImage]) -> int:
    """Return the same for an estimator (models.noise_map): where an edge changes no block's level by more than 4 %.

    `run` returns (1, H / BLOCK, W / BLOCK, 2 or 3), log(1 + sigma) first; what counts is a step of 1 in 255 of all that
    this logarithm can be, so the 4 % are of 1 + sigma.
    """

    def levels(feed: Feed) -> FloatImage:
        level = run({"image": feed["image"]})[..., :1] / np.float32(np.log1p(LEVELS))
        return level.repeat(BLOCK, axis=1).repeat(BLOCK, axis=2)

    return measured_halo(levels, radius, BLOCK, pictures)


def _pictures(photographs: Sequence[ByteImage], at_least: int, rng: np.random.Generator) -> Iterator[FloatImage]:
    """Yield what the probes are made of: `SIDE` high and `at_least` wide, as a tile's edge is looked for in columns."""
    height, width = SIDE, max(SIDE, at_least)
    noise = rng.random((height, width, 3)).astype(np.float32)
    large = [each[:height, :width] for each in photographs if each.shape[0] >= height and each.shape[1] >= width]
    yield from (noise, np.rint(noise), *map(to_float, large[:PICTURES]))


def _reach(run: Run, feed: Feed, cut: int) -> int:
    """Return how many columns from an edge after `cut` columns the result differs from that without the edge."""
    whole, part = _result(run, feed)[:, cut:], _result(run, {name: value[:, cut:] for name, value in feed.items()})
    differs = np.abs(whole.astype(int) - part).max(axis=(0, 2)) > 1
    return int(np.flatnonzero(differs).max(initial=-1)) + 1


def _result(run: Run, feed: Feed) -> ByteImage:
    return to_bytes(run({name: value[None] for name, value in feed.items()})[0])
