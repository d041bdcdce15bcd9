"""The optimizer of the networks for photographs: Muon for the kernels that are matrices, AdamW for the rest."""

import math
from typing import Any

import keras
from keras import ops

from training.optimizer import AveragingAdamW

MOMENTUM = 0.95
SCALE = 0.2
NARROWEST = 24
STEPS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


@keras.saving.register_keras_serializable(package="limpid-training")
class AveragingMuon(AveragingAdamW):
    """Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) for convolutions, with averaged weights.

    A kernel (height, width, in, out) is a matrix of height·width·in rows, a dense layer's is one as it is; its momentum
    is replaced by the nearest orthogonal matrix, so that every direction learns at the same pace, the rare ones too.
    The step has the size of AdamW's at the same rate, as Liu et al. 2025 (arXiv 2502.16982) scale it. Kernels narrower
    than `NARROWEST`, such as the last one, and biases stay with AdamW. Keras' own Muon takes matrices of two axes
    alone. The variables are those of Keras' AdamW. (The members with an underscore are Keras' own:
    tests/training/test_muon.py watches them.)
    """

    narrowest = NARROWEST

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Return whether a weight of `shape` is a kernel, a convolution's or a dense layer's, wide enough for Muon."""
        return len(shape) in {2, 4} and min(math.prod(shape[:-1]), shape[-1]) >= self.narrowest

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one weight."""
        if not self.takes(variable.shape):
            super().update_step(gradient, variable, learning_rate)
            return
        momentum = self._momentums[self._get_variable_index(variable)]
        gradient = ops.cast(gradient, variable.dtype)
        self.assign(momentum, ops.add(ops.multiply(momentum, MOMENTUM), gradient))
        ahead = ops.add(gradient, ops.multiply(momentum, MOMENTUM))
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        size = SCALE * max(matrix.shape) ** 0.5
        step = ops.multiply(orthogonal(matrix), ops.cast(learning_rate, variable.dtype) * size)
        self.assign_sub(variable, ops.reshape(step, variable.shape))


def orthogonal(matrix: Any) -> Any:
    """Return (rows, columns) with its singular values all made about 1 (0.7 to 1.2), the singular vectors kept.

    Jordan's quintic Newton-Schulz iteration. As every step multiplies by a polynomial of the smaller Gram matrix, all
    of it happens there and the large matrix is multiplied once: 2.5 times less work for 864 x 96.
    """
    tall = matrix.shape[0] >= matrix.shape[1]
    matrix = matrix / (ops.sqrt(ops.sum(ops.square(matrix))) + 1e-12)
    transposed = ops.transpose(matrix)
    gram = ops.matmul(transposed, matrix) if tall else ops.matmul(matrix, transposed)
    unit = ops.eye(min(matrix.shape), dtype=matrix.dtype)
    product = unit
    first, third, fifth = COEFFICIENTS
    for _ in range(STEPS):
        factor = first * unit + third * gram + fifth * ops.matmul(gram, gram)
        product = ops.matmul(factor, product)
        gram = ops.matmul(ops.matmul(factor, gram), factor)
    return ops.matmul(matrix, product) if tall else ops.matmul(product, matrix)
