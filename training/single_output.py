"""Training the network of one of a model's outputs, while the others stay as they are."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np

from training.recipe import Batch, Data, Stage


def network_of(model: keras.Model, output: str, frozen: Sequence[str] = ()) -> keras.Model:
    """Return the part of `model` that makes `output`, as a model of its own with the very same weights.

    The layers of `model` that `frozen` names learn no more. To leave them without a gradient is not enough: where that
    counts as zero, as with JAX, they would decay.
    """
    for name in frozen:
        model.get_layer(name).trainable = False
    return keras.Model(model.input, {output: model.output[output]})


class TargetsOf:
    """The data of a recipe with the targets of one output alone."""

    def __init__(self, data: Data, output: str) -> None:
        self._data, self._output = data, output

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        for inputs, targets in self._data.batches(stage, rng):
            yield inputs, {self._output: targets[self._output]}

    def describe(self) -> str:
        return f"{self._data.describe()}; {self._output} alone"
