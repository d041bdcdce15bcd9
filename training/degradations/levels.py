"""How strong the noise of a training pair is in each part of it: what the network is told where no number says it."""

from functools import lru_cache

import numpy as np

from models.pixels import FloatImage

WINDOW = (1, 4, 6, 4, 1)
"""Weights of neighbouring blocks, in each direction."""


def noise_level(noisy: FloatImage, clean: FloatImage, block: int = 8) -> FloatImage:
    """Return the local RMS of `noisy - clean`, (H, W, C) float32, as (H / block, W / block, 1) float32 in 0-1 units.

    The mean square of each block over all channels, averaged over 5 × 5 blocks with binomial weights (at a border
    over those there are), and its root. H and W must be multiples of `block` (ValueError).
    """
    height, width, channels = noisy.shape
    difference = (noisy - clean).reshape(height // block, block, width // block, block * channels)
    power = np.einsum("ijkl,ijkl->ik", difference, difference) / np.float32(block * block * channels)
    smoothed = _averaging(power.shape[0]) @ power @ _averaging(power.shape[1]).T
    return np.asarray(np.sqrt(smoothed)[..., None], dtype=np.float32)


@lru_cache(maxsize=64)
def _averaging(count: int) -> FloatImage:
    """Return the (count, count) matrix that averages each of `count` blocks with its neighbours; rows sum to 1."""
    reach = len(WINDOW) // 2
    weights = sum(np.eye(count, k=offset - reach) * weight for offset, weight in enumerate(WINDOW))
    return np.asarray(weights / np.sum(weights, axis=1, keepdims=True), dtype=np.float32)
