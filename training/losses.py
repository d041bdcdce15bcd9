"""Training losses on (N, H, W, C) tensors, any backend."""

from typing import Any

from keras import ops

PSNR_FLOOR = 1e-6
"""Added to each squared error: below 60 dB a patch counts as done, and a perfect one has a finite logarithm."""


def psnr_loss(target: Any, output: Any) -> Any:
    """Return the mean over the batch of each image's negative PSNR, in dB for pixels 0-1 (NAFNet, Chen et al. 2022).

    The logarithm makes every noise level count the same: squared error alone would learn the strongest noise only.
    """
    error = ops.mean(ops.square(ops.cast(target, "float32") - ops.cast(output, "float32")), axis=(1, 2, 3))
    return ops.mean(ops.log(error + PSNR_FLOOR)) * (10.0 / 2.302585092994046)
