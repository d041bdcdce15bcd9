"""Training a part of a network, by some of the outputs, while the rest stays as it is."""

from collections.abc import Collection, Iterator, Sequence

import keras
import numpy as np

from training.recipe import Batch, Data, Stage


def network_of(model: keras.Model, outputs: Collection[str], frozen: Sequence[str] = ()) -> keras.Model:
    """Return the part of `model` that makes `outputs`, as a model of its own with the very same weights.

    The layers of `model` that `frozen` names learn no more. To leave them without a gradient is not enough: where that
    counts as zero, as with JAX, they would decay.
    """
    for name in frozen:
        model.get_layer(name).trainable = False
    return keras.Model(model.input, {output: model.output[output] for output in outputs})


class TargetsOf:
    """The data of a recipe with the targets of some outputs alone."""

    def __init__(self, data: Data, outputs: Collection[str]) -> None:
        self._data, self._outputs = data, outputs

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        for inputs, targets in self._data.batches(stage, rng):
            yield inputs, {output: targets[output] for output in self._outputs}

    def describe(self) -> str:
        return f"{self._data.describe()}; by {' and '.join(self._outputs)} alone"
