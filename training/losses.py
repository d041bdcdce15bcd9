"""Training losses on (N, H, W, C) tensors, any backend."""

from typing import Any

import keras
from keras import ops

from models.pixels import LEVELS

PSNR_FLOOR = 1e-5
"""Added to each squared error: at 50 dB a patch counts as done. Lower, and clean ones would outweigh all doubt."""

MOST_CERTAIN, LEAST_CERTAIN = -4.0, 2.0
"""Between what the logarithm of an expected error may be: a certainty of 2 % would be a lucky patch's."""


def psnr_loss(target: Any, output: Any) -> Any:
    """Return the mean over the batch of each image's negative PSNR, in dB for pixels 0-1 (NAFNet, Chen et al. 2022).

    The logarithm makes every noise level count the same: squared error alone would learn the strongest noise only.
    """
    error = ops.mean(ops.square(ops.cast(target, "float32") - ops.cast(output, "float32")), axis=(1, 2, 3))
    return ops.mean(ops.log(error + PSNR_FLOOR)) * (10.0 / 2.302585092994046)


QUANTILE = 0.65
"""Of a level's distribution, what is predicted: noise that is left costs more than detail that goes."""


def level_loss(target: Any, output: Any) -> Any:
    """Return how badly `output` predicts noise levels: the negative log-likelihood of an asymmetric Laplace density.

    `target` (N, h, w, 1 or 2) begins with the standard deviation in 0-1, `output` (N, h, w, 2 or 3) with log(1 +
    sigma), sigma on the 0-255 scale, and the logarithm of the expected absolute error of that (Kendall and Gal 2017).
    What is learned is not the median but the `QUANTILE` (pinball loss, Koenker and Bassett 1978): the same where the
    level is certain.
    """
    output = ops.cast(output, "float32")
    level, doubt = output[..., :1], output[..., 1:2]
    missing = ops.log1p(LEVELS * ops.cast(target[..., :1], "float32")) - level
    error = 2.0 * ops.maximum(QUANTILE * missing, (QUANTILE - 1.0) * missing)
    doubt = ops.clip(doubt, MOST_CERTAIN, LEAST_CERTAIN)
    return ops.mean(error * ops.exp(-doubt) + doubt)


UNKNOWN = -1.0
"""The whiteness of what is no noise worth the name: it does not count."""

WHITENESS_WEIGHT = 0.1
"""Of `whiteness_loss` beside `level_loss`: kinds are easy to tell, and levels are what the estimator is for."""


def whiteness_loss(target: Any, output: Any) -> Any:
    """Return the cross-entropy, in nats, of telling white noise, the mean over the blocks where it is known.

    `target` (N, h, w, 2) has in its second channel 1 for white noise, 0 for other, `UNKNOWN`; `output` (N, h, w, 3) in
    its third the log-odds of white.
    """
    white = ops.cast(target[..., 1:2], "float32")
    log_odds = ops.cast(output[..., 2:3], "float32")
    known = ops.cast(white >= 0, "float32")
    entropy = ops.softplus(log_odds) - ops.maximum(white, 0.0) * log_odds
    return ops.sum(known * entropy) / ops.maximum(ops.sum(known), 1.0)


def noise_loss(target: Any, output: Any) -> Any:
    """Return `level_loss`, and a share of `whiteness_loss` for an estimator that tells kinds too."""
    loss = level_loss(target, output)
    return loss + WHITENESS_WEIGHT * whiteness_loss(target, output) if output.shape[-1] > 2 else loss


TEMPERATURE = 0.2
"""Of `pair_loss`: at 0.07 a small batch soon was told apart so surely that nothing was left to learn."""


def pair_loss(_: Any, embeddings: Any) -> Any:
    """Return how badly embeddings (2N, d) tell which two are of one picture: rows 2i and 2i + 1 are.

    The mean over all rows of the cross-entropy, in nats, of finding the other one among the N of its kind by the cosine
    (InfoNCE: van den Oord et al. 2018; both ways, as in CLIP: Radford et al. 2021).
    """
    unit = ops.normalize(ops.cast(embeddings, "float32"), axis=-1)
    one, other = unit[0::2], unit[1::2]
    cosines = ops.matmul(one, ops.transpose(other)) / TEMPERATURE
    same = ops.arange(ops.shape(cosines)[0])
    ways = (cosines, ops.transpose(cosines))
    entropies = [ops.mean(keras.losses.sparse_categorical_crossentropy(same, way, from_logits=True)) for way in ways]
    return (entropies[0] + entropies[1]) / 2
