"""Measures of quality on arrays."""

import numpy as np
import numpy.typing as npt

from models.pixels import LEVELS, ByteImage

Vectors = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]


def psnr(clean: ByteImage, restored: ByteImage) -> float:
    """Return the peak signal-to-noise ratio in dB of two uint8 arrays, over all pixels and channels; inf if equal."""
    error = np.mean(np.square(clean.astype(np.float64) - restored.astype(np.float64)))
    return float(10 * np.log10(LEVELS**2 / error)) if error else float("inf")


def ssim(clean: ByteImage, restored: ByteImage) -> float:
    """Return the structural similarity of two pictures (H, W, C) uint8, 1 if equal, the mean over their channels.

    With the window and the constants of Wang et al. 2004.
    """
    from skimage.metrics import structural_similarity

    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(clean, restored, channel_axis=2, data_range=LEVELS, **options))


def binary_cross_entropy(target: Vectors, output: Vectors) -> float:
    """Return the mean over all values of -t·ln(o) - (1-t)·ln(1-o), for targets and outputs in 0-1."""
    clipped = np.clip(output.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.mean(target * np.log(clipped) + (1 - target) * np.log(1 - clipped)))


def squared_error_per_image(target: Vectors, output: Vectors) -> float:
    """Return the sum of squared differences of one image, averaged over the images (first axis)."""
    differences = np.square(target.astype(np.float64) - output.astype(np.float64))
    return float(differences.reshape(len(target), -1).sum(axis=1).mean())


def nearest_neighbour_accuracy(
    training: Vectors, training_labels: Labels, test: Vectors, test_labels: Labels, neighbours: int = 5
) -> float:
    """Return the share of `test` vectors whose label the majority of their nearest `training` vectors share, 0-1."""
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(neighbours).fit(training, training_labels)
    return float(classifier.score(test, test_labels))
