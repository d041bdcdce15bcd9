"""Where the errors of held-out pictures lie: what the service ranks a picture's own against."""

import numpy as np

from models.anomaly import STATISTICS
from models.card import Anomaly, Statistic
from models.error_map import pixel_errors, scale_of
from models.pixels import FloatImage

QUANTILES = 201


def anomaly_of(inputs: FloatImage, outputs: FloatImage, statistic: Statistic = "relative_squared_error") -> Anomaly:
    """Return what is usual for a network: `inputs` are held-out pictures, `outputs` what it makes of them.

    Both are (N, H, W, C) float32 in 0-1.
    """
    measured = [STATISTICS[statistic](*pair) for pair in zip(inputs, outputs, strict=True)]
    quantiles = np.quantile(measured, np.linspace(0.0, 1.0, QUANTILES))
    scale = scale_of(pixel_errors(inputs, outputs))
    return Anomaly(statistic=statistic, quantiles=tuple(quantiles.tolist()), error_scale=scale)
