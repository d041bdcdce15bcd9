"""How unusual a picture is to an autoencoder: its statistic, and where that stands among those of held-out pictures."""

from collections.abc import Callable, Mapping

import numpy as np

from models.autoencoding import reconstruction_error
from models.card import Anomaly, Statistic
from models.pixels import FloatImage

Measure = Callable[[FloatImage, FloatImage], float]
"""What a network sees of a picture and what it makes of it, both (height, width, channels) in 0-1, to a statistic."""

LEAST_VARIANCE = 0.02**2
"""Of the pixels of a picture in 0-1: what a flatter one counts as."""


def relative_error(original: FloatImage, reconstructed: FloatImage) -> float:
    """Return the mean squared error by the variance of the original's pixels: the share of it that was not explained.

    The error alone grows with contrast: it takes a thin digit for a common one and a bold one for a rare one, whatever
    they show (docs/decisions/0019-autoencoders.md).
    """
    return reconstruction_error(original, reconstructed) / max(float(np.var(original)), LEAST_VARIANCE)


STATISTICS: Mapping[Statistic, Measure] = {
    "mean_squared_error": reconstruction_error,
    "relative_squared_error": relative_error,
}
"""What a card may name: the larger, the more unusual a picture."""


def anomaly_score(original: FloatImage, reconstructed: FloatImage, anomaly: Anomaly) -> float:
    """Return the share of the model's held-out pictures whose statistic is smaller than this picture's, 0-1.

    `original` is the picture as the network sees it, `reconstructed` what it makes of it, both as `Measure` says.
    """
    return rank(STATISTICS[anomaly.statistic](original, reconstructed), anomaly)


def rank(value: float, anomaly: Anomaly) -> float:
    """Return the share of the held-out pictures whose statistic is smaller than `value`, 0-1."""
    return float(np.interp(value, anomaly.quantiles, np.linspace(0.0, 1.0, len(anomaly.quantiles))))
