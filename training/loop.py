"""The training loop: stages of a recipe within a budget, on any backend."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from training.checkpoint import Checkpoint
from training.history import Entry, History
from training.interrupt import Interrupted, StopRequest
from training.recipe import Batch, Data, Recipe, Stage
from training.schedule import Budget, learning_rate

STEPS_PER_ROUND = 100
EMA_MOMENTUM = 0.999
REPORT_EVERY_S = 20.0
CHECKPOINT_EVERY_S = 180.0

Log = Callable[[str], None]


def compile_model(recipe: Recipe[Any], model: keras.Model) -> None:
    """Prepare `model` for training. On TensorFlow without XLA, which oneDNN's kernels beat on CPUs."""
    model.compile(
        optimizer=recipe.optimizer(
            recipe.rate, weight_decay=recipe.weight_decay, use_ema=True, ema_momentum=EMA_MOMENTUM
        ),
        loss=recipe.loss,
        jit_compile=keras.backend.backend() != "tensorflow",
    )


def averaged_weights(model: keras.Model) -> list[Any]:
    """Return the moving averages of the weights, leaving the model as it is.

    Right after `train` the model has them already; restored from a checkpoint within a stage it has not.
    """
    current = model.get_weights()
    model.optimizer.finalize_variable_values(model.trainable_variables)
    averaged = model.get_weights()
    model.set_weights(current)
    return list(averaged)


class _Rounds(keras.callbacks.Callback):
    """Between rounds of steps: the rate, the progress line, the checkpoint, the end of the stage.

    Not between steps: the JAX backend hands its state back to the model only where Keras' epochs end.
    """

    def __init__(
        self,
        recipe: Recipe[Any],
        stage: Stage,
        budget: Budget,
        checkpoint: Checkpoint,
        history: History,
        stop: StopRequest,
        log: Log,
    ) -> None:
        super().__init__()
        self._stop = stop
        self._recipe, self._stage, self._budget = recipe, stage, budget
        self._checkpoint, self._history, self._log = checkpoint, history, log
        self._reported = self._saved = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        budget = self._budget
        rate = learning_rate(self._recipe.rate, self._recipe.decay_from, budget.fraction, budget.steps)
        self.model.optimizer.learning_rate = rate

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._budget.advance(STEPS_PER_ROUND * self._stage.batch, STEPS_PER_ROUND)
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss became {loss} at step {self._budget.steps}")
        ends = self._budget.fraction >= self._stage.until
        now = time.monotonic()
        if ends or now - self._reported >= REPORT_EVERY_S:
            self._reported = now
            self._report(loss)
        if now - self._saved >= CHECKPOINT_EVERY_S:
            self._saved = now
            self._checkpoint.save(self.model, self._budget)
        if ends:
            self.model.stop_training = True
        elif self._stop.made:
            self._checkpoint.save(self.model, self._budget)
            raise Interrupted(f"stopped at {self._budget.fraction:.1%}; the same command with --resume goes on")

    def _report(self, loss: float) -> None:
        budget = self._budget
        rate = float(self.model.optimizer.learning_rate)
        self._history.append(Entry(step=budget.steps, seconds=budget.spent_s, loss=loss, rate=rate))
        self._log(
            f"{100 * budget.fraction:5.1f} %  step {budget.steps}  loss {loss:.4f}  rate {rate:.2e}  "
            f"{budget.seen / budget.spent_s:.0f} samples/s  ETA {_clock(budget.remaining_s)}"
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _plain(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Hand Keras a plain generator, which it recognises, whatever iterator a recipe returns."""
    yield from batches


def train(
    recipe: Recipe[Any],
    model: keras.Model,
    data: Data,
    budget: Budget,
    checkpoint: Checkpoint,
    history: History,
    stop: StopRequest,
    log: Log,
) -> None:
    """Train the compiled `model` to the end of the budget; it is left with the moving averages of its weights.

    A stage ends in the same way: Keras' `fit` replaces the weights by their averages whenever it returns, and the
    next stage goes on from these. Raises FloatingPointError when the loss stops being a number: the last checkpoint
    is kept. Raises Interrupted at the end of the round in which `stop` was made, with the state saved.
    """
    history.begin(budget.steps)
    for index, stage in enumerate(recipe.stages):
        if budget.fraction >= stage.until:
            continue
        log(f"stage {index + 1} of {len(recipe.stages)}: batches of {stage.batch}, size {stage.size}")
        rng = np.random.default_rng((recipe.seed, budget.steps))
        model.fit(
            _plain(data.batches(stage, rng)),
            steps_per_epoch=STEPS_PER_ROUND,
            epochs=10**9,
            shuffle=False,
            verbose=0,
            callbacks=[_Rounds(recipe, stage, budget, checkpoint, history, stop, log)],
        )
    checkpoint.save(model, budget)
