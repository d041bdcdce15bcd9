"""The noise level of a picture, estimated from the picture alone, without a network."""

from typing import Any

import numpy as np
import numpy.typing as npt

from models.pixels import LEVELS, FloatImage, Mask, Samples, to_levels

PATCH_SIDES = (8, 6, 4, 3, 2)
PATCHES_PER_DIMENSION = 10
MAX_PATCHES = 20_000
ROUNDS = 4
RARE = 3.7
MAX_CLIPPED = 0.02


def estimate_sigma(pixels: Samples, alpha: Samples | None = None) -> float:
    """Return the standard deviation (0-255 scale) of additive white noise in `pixels` (H, W, 1 or 3), uint8 or uint16.

    Chen, Zhu and Heng, "An Efficient Statistical Method for Image Noise Level Estimation" (ICCV 2015): patches of
    a picture lie near a low-dimensional plane, noise fills all dimensions alike. So the smallest eigenvalues of the
    patches' covariance, as many as look like one distribution (mean = median), average to the variance of the noise.
    It is taken of the patches without texture alone, chosen anew with each estimate as in Liu, Tanaka and Okutomi,
    "Single-Image Noise Level Estimation for Blind Denoising" (IEEE TIP 2013): gray texture would count as noise.
    Pixels that `alpha` (H, W) hides, 0 there, are not looked at: a colour that fills them would count as a picture
    without noise. Pictures too small for any statistics have none: 0.
    """
    channels = pixels[..., :1] if _is_gray(pixels) else pixels
    hidden = None
    if alpha is not None and not alpha.all():
        box = _visible_box(alpha)
        channels, hidden = channels[box], alpha[box] == 0
    variances = [_channel_variance(channels[..., index], hidden) for index in range(channels.shape[2])]
    return float(np.sqrt(np.mean(variances)))


def _is_gray(pixels: Samples) -> bool:
    return all(np.array_equal(pixels[..., 0], pixels[..., index]) for index in range(1, pixels.shape[2]))


def _visible_box(alpha: Samples) -> tuple[slice, slice]:
    """Return the rows and columns in which anything is visible: a small spot in a large picture needs a fine step."""
    rows, columns = (np.flatnonzero(alpha.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _channel_variance(channel: Samples, hidden: Mask | None) -> float:
    """Return the variance of the noise in (H, W).

    Channels are judged one by one: a JPEG's coarser chroma leaves colour patches with dimensions free of any noise.
    """
    patches = _patches(channel, hidden)
    if patches is None:
        return 0.0
    patches = _unclipped(patches)
    strength = _texture_strength(patches)
    patches = patches.reshape(len(patches), -1)
    variance = _noise_variance(patches)
    for _ in range(ROUNDS):
        smooth = patches[strength <= _texture_limit(variance, patches.shape[1])]
        if len(smooth) < PATCHES_PER_DIMENSION * patches.shape[1]:
            break
        variance = _noise_variance(smooth)
    return variance


def _patches(channel: Samples, hidden: Mask | None) -> FloatImage | None:
    """Return (N, side, side) patches on the 0-255 scale, evenly spread, at most `MAX_PATCHES`, nothing in them hidden.

    They are as large as there are enough of; None where there are too few of any size.
    """
    height, width = channel.shape
    for side in PATCH_SIDES:
        rows, columns = height - side + 1, width - side + 1
        enough = PATCHES_PER_DIMENSION * side * side
        if min(rows, columns) < 1 or rows * columns < enough:
            continue
        step = max(1, int(np.ceil(np.sqrt(rows * columns / MAX_PATCHES))))
        patches = to_levels(_windows(channel, side, step)).reshape(-1, side, side)
        if hidden is not None:
            patches = patches[~_windows(hidden, side, step).any(axis=(2, 3)).reshape(-1)]
        if len(patches) >= enough:
            return patches
    return None


def _windows(values: Samples | Mask, side: int, step: int) -> npt.NDArray[Any]:
    """Return every `step`-th (side, side) window of (H, W) both ways, as a view of four axes."""
    return np.lib.stride_tricks.sliding_window_view(values, (side, side))[::step, ::step]


def _unclipped(patches: FloatImage) -> FloatImage:
    """Return the patches away from black and white, where clipping eats half of the noise, if there are enough."""
    clipped = ((patches <= 0) | (patches >= LEVELS)).mean(axis=(1, 2))
    kept = patches[clipped <= MAX_CLIPPED]
    return kept if len(kept) >= PATCHES_PER_DIMENSION * patches[0].size else patches


def _texture_strength(patches: FloatImage) -> FloatImage:
    """Return the mean squared difference between neighbouring pixels of each patch: 2 sigma² in pure noise."""
    across = np.square(np.diff(patches, axis=2)).mean(axis=(1, 2))
    down = np.square(np.diff(patches, axis=1)).mean(axis=(1, 2))
    return np.asarray((across + down) / 2)


def _texture_limit(variance: float, dimensions: int) -> float:
    """Return the texture strength that noise alone exceeds in about one patch of ten thousand."""
    return float(2 * variance * (1 + RARE / np.sqrt(dimensions / 2)))


def _noise_variance(patches: FloatImage) -> float:
    """Return the mean of the largest lower part of the covariance's eigenvalues whose mean is below its median."""
    centred = patches - patches.mean(axis=0)
    ascending = np.linalg.eigvalsh(centred.T @ centred / len(patches))
    for count in range(len(ascending), 0, -1):
        kept = ascending[:count]
        if kept.mean() <= np.median(kept):
            break
    return max(float(kept.mean()), 0.0)
