"""The noise level of a picture, estimated from the picture alone, without a network."""

import numpy as np
import numpy.typing as npt

from models.pixels import LEVELS, ByteImage

PATCH_SIDES = (8, 6, 4, 3, 2)
PATCHES_PER_DIMENSION = 10
MAX_PATCHES = 20_000
ROUNDS = 4
RARE = 3.7
MAX_CLIPPED = 0.02


def estimate_sigma(pixels: ByteImage) -> float:
    """Return the standard deviation (0-255 scale) of additive white noise in `pixels` (H, W, 1 or 3), uint8.

    Chen, Zhu and Heng, "An Efficient Statistical Method for Image Noise Level Estimation" (ICCV 2015): patches of
    a picture lie near a low-dimensional plane, noise fills all dimensions alike. So the smallest eigenvalues of the
    patches' covariance, as many as look like one distribution (mean = median), average to the variance of the noise.
    It is taken of the patches without texture alone, chosen anew with each estimate as in Liu, Tanaka and Okutomi,
    "Single-Image Noise Level Estimation for Blind Denoising" (IEEE TIP 2013): gray texture would count as noise.
    Pictures too small for any statistics have none: 0.
    """
    channels = pixels[..., :1] if _is_gray(pixels) else pixels
    variances = [_channel_variance(channels[..., index]) for index in range(channels.shape[2])]
    return float(np.sqrt(np.mean(variances)))


def _is_gray(pixels: ByteImage) -> bool:
    return all(np.array_equal(pixels[..., 0], pixels[..., index]) for index in range(1, pixels.shape[2]))


def _channel_variance(channel: ByteImage) -> float:
    """Return the variance of the noise in (H, W).

    Channels are judged one by one: a JPEG's coarser chroma leaves colour patches with dimensions free of any noise.
    """
    patches = _patches(channel)
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


def _patches(channel: ByteImage) -> npt.NDArray[np.float32] | None:
    """Return (N, side, side) patches, as large as there are enough of, evenly spread, at most `MAX_PATCHES`."""
    height, width = channel.shape
    for side in PATCH_SIDES:
        rows, columns = height - side + 1, width - side + 1
        if min(rows, columns) < 1 or rows * columns < PATCHES_PER_DIMENSION * side * side:
            continue
        step = max(1, int(np.ceil(np.sqrt(rows * columns / MAX_PATCHES))))
        windows = np.lib.stride_tricks.sliding_window_view(channel, (side, side))
        return windows[::step, ::step].astype(np.float32).reshape(-1, side, side)
    return None


def _unclipped(patches: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the patches away from black and white, where clipping eats half of the noise, if there are enough."""
    clipped = ((patches <= 0) | (patches >= LEVELS)).mean(axis=(1, 2))
    kept = patches[clipped <= MAX_CLIPPED]
    return kept if len(kept) >= PATCHES_PER_DIMENSION * patches[0].size else patches


def _texture_strength(patches: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the mean squared difference between neighbouring pixels of each patch: 2 sigma² in pure noise."""
    across = np.square(np.diff(patches, axis=2)).mean(axis=(1, 2))
    down = np.square(np.diff(patches, axis=1)).mean(axis=(1, 2))
    return np.asarray((across + down) / 2)


def _texture_limit(variance: float, dimensions: int) -> float:
    """Return the texture strength that noise alone exceeds in about one patch of ten thousand."""
    return float(2 * variance * (1 + RARE / np.sqrt(dimensions / 2)))


def _noise_variance(patches: npt.NDArray[np.float32]) -> float:
    """Return the mean of the largest lower part of the covariance's eigenvalues whose mean is below its median."""
    centred = patches - patches.mean(axis=0)
    ascending = np.linalg.eigvalsh(centred.T @ centred / len(patches))
    for count in range(len(ascending), 0, -1):
        kept = ascending[:count]
        if kept.mean() <= np.median(kept):
            break
    return max(float(kept.mean()), 0.0)
