"""The optimizer: AdamW whose average of the weights, which is what gets exported, suits short runs too."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

WARM_UP = 9


@keras.saving.register_keras_serializable(package="limpid-training")
class AveragingAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019) with a warm-up of the exponential moving average of the weights.

    Keras' own average begins at the initial weights and forgets them at a fixed pace: with a momentum of 0.999 they
    still are 37 % of it after 1,000 steps. Here the momentum is t / (t + 9) after t steps, as in TensorFlow's
    ExponentialMovingAverage, until that reaches `ema_momentum`: the average covers the last ninth or so of a short
    run and the last thousand steps of a long one. The variables are those of Keras' AdamW: a checkpoint of one fits
    the other. (The method with an underscore is Keras' own: tests/training/test_optimizer.py watches it.)
    """

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Give the weights their averages, as copies: on JAX Keras' own method makes both share one buffer.

        The next `fit` would donate that buffer twice, which JAX refuses.
        """
        for variable, average in zip(var_list, self._model_variables_moving_average, strict=True):
            variable.assign(ops.copy(average))

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[Any]) -> None:
        steps = ops.cast(self.iterations, "float32")
        momentum = ops.minimum(self.ema_momentum, steps / (steps + WARM_UP))
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            average.assign(momentum * average + (1.0 - momentum) * variable)
