"""What a recipe is: everything a training run needs to know about one model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import keras
import numpy as np

Batch = tuple[Any, Any]
"""(inputs by name, targets), as `keras.Model.fit` takes them."""


@dataclass(frozen=True)
class Stage:
    """A part of a run: up to the fraction `until` of the budget, batches of `batch` samples of side `size`."""

    until: float
    batch: int
    size: int


class Data(Protocol):
    """The data of one recipe, loaded."""

    def batches(self, stage: Stage, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield training batches without end."""
        ...

    def describe(self) -> str:
        """Return one line on what the model is trained on."""
        ...


DataT = TypeVar("DataT", bound=Data)


@dataclass(frozen=True)
class Recipe(Generic[DataT]):
    """One model's data, architecture, loss and schedule.

    `build` takes the dtype policy of the trunk and returns an uncompiled model whose inputs are a dict, the picture
    under `image`. `card` returns the fields of models.card.ModelCard that depend on the task: what the service needs
    to know, and the figures measured on held-out data, never on what the batches draw from. `epoch` is the number
    of samples that `--epochs` counts as one.
    """

    name: str
    summary: str
    build: Callable[[str], keras.Model]
    load: Callable[[Path | None], DataT]
    loss: Callable[[Any, Any], Any]
    card: Callable[[keras.Model, DataT], Mapping[str, Any]]
    stages: Sequence[Stage]
    epoch: int
    minutes: float
    rate: float = 1e-3
    decay_from: float = 0.7
    weight_decay: float = 1e-4
    seed: int = 0
