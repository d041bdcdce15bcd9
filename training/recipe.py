"""What a recipe is: everything a training run needs to know about one model."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import keras
import numpy as np

from training.optimizer import AveragingAdamW

Batch = tuple[Any, Any]
"""(inputs by name, targets), as `keras.Model.fit` takes them."""

Loss = Callable[[Any, Any], Any]
"""Targets and outputs, both (N, …), to a number."""


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
class Alone(Generic[DataT]):
    """How one part of a network is trained by itself: by the loss of which outputs, in which stages, and on which data.

    `frozen` names layers, nested submodels among them, that take part in those outputs but do not learn.
    """

    loss: Mapping[str, Loss]
    stages: Sequence[Stage]
    load: Callable[[Path | None], DataT]
    frozen: Sequence[str] = ()


@dataclass(frozen=True)
class Recipe(Generic[DataT]):
    """One model's data, architecture, loss and schedule.

    `build` takes the dtype policy of the trunk and returns an uncompiled model whose inputs are a dict, the picture
    under `image`. `card` returns the fields of models.card.ModelCard that depend on the task: what the service needs
    to know, and the figures measured on held-out data, never on what the batches draw from. `loss` is one per output
    where there are several; `alone` says by name which parts may be trained by themselves, and how. `epoch` is the
    number of samples that `--epochs` counts as one. `start` gives a fresh model weights found from the data.
    `rehearsed` returns the network that the batches go through, of the model's own weights, where it is another.
    `settle` gives weights to what has not been trained, all but the parts of those names.
    """

    name: str
    summary: str
    build: Callable[[str], keras.Model]
    load: Callable[[Path | None], DataT]
    loss: Loss | Mapping[str, Loss]
    card: Callable[[keras.Model, DataT], Mapping[str, Any]]
    stages: Sequence[Stage]
    epoch: int
    minutes: float
    rate: float = 1e-3
    decay_from: float = 0.7
    weight_decay: float = 1e-4
    seed: int = 0
    optimizer: type[AveragingAdamW] = AveragingAdamW
    alone: Mapping[str, Alone[DataT]] = field(default_factory=dict)
    start: Callable[[keras.Model, DataT], None] | None = None
    rehearsed: Callable[[keras.Model], keras.Model] | None = None
    settle: Callable[[keras.Model, Collection[str]], None] | None = None

    def only(self, part: str) -> "Recipe[DataT]":
        """Return the recipe for training one part by itself. Raises ValueError for one that `alone` has not."""
        if part not in self.alone:
            raise ValueError(f"{self.name} has no part {part!r} to train alone: {', '.join(self.alone) or 'none'}")
        alone = self.alone[part]
        return replace(self, loss=alone.loss, stages=alone.stages, load=alone.load)
