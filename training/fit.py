"""One training run: from a recipe and data to an artifact with a measured card."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.card import Training
from models.complexity import kmac_per_pixel
from models.loader import ESTIMATOR
from training.checkpoint import Checkpoint
from training.compact import rounded
from training.export import export, next_version
from training.history import History
from training.interrupt import StopRequest
from training.loop import averaged_weights, compile_model, train
from training.narrowing import narrow
from training.plots import draw_history
from training.precision import policy, precision_of
from training.recipe import Data, Recipe
from training.schedule import Budget
from training.single_output import TargetsOf, network_of
from training.start import Start

RUNS = Path("runs")
LICENCE = "Apache-2.0"
NARROWED_ON = 10
"""Batches: enough pictures for what a narrower block does to be fitted to (training.narrowing)."""


class FitError(ValueError):
    """The run can't start as asked; the message is one line that says why."""


@dataclass(frozen=True)
class Run:
    """What the command line asks for. Exactly one of `minutes` and `epochs`, or neither: the recipe's minutes."""

    recipe: Recipe[Any]
    data: Path | None = None
    minutes: float | None = None
    epochs: int | None = None
    start_from: str | None = None
    resume: bool = False
    rate: float | None = None
    decay_from: float | None = None
    only: str | None = None
    estimator: str | None = None
    out: Path = RUNS / "artifacts"
    runs: Path = RUNS
    precision: str = "auto"

    @property
    def folder(self) -> Path:
        return self.runs / self.recipe.name

    @property
    def scheduled(self) -> Recipe[Any]:
        """The recipe with what the command line replaces of its schedule. Raises ValueError for an unknown part."""
        asked: dict[str, Any] = {"rate": self.rate, "decay_from": self.decay_from}
        recipe = self.recipe.only(self.only) if self.only else self.recipe
        return replace(recipe, **{name: value for name, value in asked.items() if value is not None})

    @property
    def budget(self) -> dict[str, Any]:
        samples = self.epochs * self.recipe.epoch if self.epochs else None
        return {"minutes": None if samples else self.minutes or self.recipe.minutes, "samples": samples}


def fit(run: Run) -> Path:
    """Train, measure and export; return the artifact's folder.

    Raises FitError, ValueError where the data don't fit the recipe, and FloatingPointError where the loss stops being
    a number. Raises training.interrupt.Interrupted after SIGINT or SIGTERM. The checkpoint stays until the artifact is
    written, so that nothing that goes wrong costs more than the minutes since.
    """
    recipe = run.scheduled
    start = Start.read(run.start_from) if run.start_from else None
    other = Start.read(run.estimator) if run.estimator else None
    checkpoint = Checkpoint(run.folder / "checkpoint", _binding(run, start, other))
    _check_start(run, checkpoint)
    if start:
        recipe = replace(recipe, seed=start.seed(recipe.seed))
    keras.utils.set_random_seed(recipe.seed)
    data = recipe.load(run.data)
    print(f"{recipe.name}: {data.describe()}", flush=True)
    model = recipe.build(policy(run.precision))
    _begin(run, model, data, start, other)
    if other:  # in a resumed run too: the state on disk holds only what learns
        _take_estimator(recipe, model, data, other)
    _settle(recipe, model, start)
    whole = recipe.rehearsed(model) if recipe.rehearsed else model
    learner, targets = _learner(run, recipe, whole, data)
    compile_model(recipe, learner)
    budget = checkpoint.restore(learner, **run.budget) if run.resume else Budget(**run.budget)
    history = History(run.folder / "history.jsonl")
    stop = StopRequest()
    with stop.listening():
        train(recipe, learner, targets, budget, checkpoint, history, stop, lambda line: print(line, flush=True))
    draw_history(history.entries(), run.folder / "curves.png")
    learner.set_weights(averaged_weights(learner))
    _settle(recipe, model, start, run.only)
    description = targets.describe() if run.only else data.describe()
    folder = _export(run, model, data, description, budget, start.card.reference if start else None)
    checkpoint.discard()
    return folder


def _binding(run: Run, start: Start | None, other: Start | None) -> dict[str, str | None]:
    """Return the options that a checkpoint makes sense with alone.

    It holds the weights of the part that learns, the rest is the start's; and photographs held out of other data are
    some that it has seen.
    """
    return {
        "--only": run.only,
        "--from": str(start) if start else None,
        "--estimator": str(other) if other else None,
        "--data": str(run.data.resolve()) if run.data else None,
    }


def _check_start(run: Run, checkpoint: Checkpoint) -> None:
    if run.resume and not checkpoint.exists():
        raise FitError(f"nothing to resume in {checkpoint.folder}")
    if not run.resume and checkpoint.exists():
        raise FitError(f"{checkpoint.folder} holds an unfinished run: go on with --resume, or remove that folder")
    if run.resume and (differing := checkpoint.differing()):
        given = (f"with {option} {value}" if value else f"without {option}" for option, value in differing.items())
        raise FitError(f"{checkpoint.folder} holds a run that was started {', '.join(given)}: resume it with the same")
    if run.only and not run.start_from:
        raise FitError(f"--only {run.only} would leave the rest of the network untrained: start --from an artifact")


def _learner(run: Run, recipe: Recipe[Any], whole: keras.Model, data: Data) -> tuple[keras.Model, Data]:
    """Return what learns, and from what: a part for itself, or all that the recipe has a loss for."""
    if not isinstance(recipe.loss, Mapping) or not (run.only or recipe.loss.keys() != whole.output.keys()):
        return whole, data
    frozen = recipe.alone[run.only].frozen if run.only else ()
    return network_of(whole, recipe.loss, frozen), TargetsOf(data, recipe.loss)


def _settle(recipe: Recipe[Any], model: keras.Model, start: Start | None, learned: str | None = None) -> None:
    """Give weights to what nobody has trained, before the run or, the part `learned`, in it."""
    if recipe.settle:
        trained = start.trained if start else set()
        recipe.settle(model, trained | {learned} if learned else trained)


def _take_estimator(recipe: Recipe[Any], model: keras.Model, data: Data, other: Start) -> None:
    """Give `model` the estimator of `other`, narrowed on pictures as batches have them."""
    if ESTIMATOR not in {layer.name for layer in model.layers}:
        raise FitError(f"{recipe.name} has no estimator that another could replace")
    lent = other.estimator
    batches = data.batches(recipe.stages[0], np.random.default_rng(recipe.seed))
    pictures = np.concatenate([inputs["image"] for inputs, _ in islice(batches, NARROWED_ON)])
    try:
        narrow(lent, model.get_layer(ESTIMATOR), pictures)
    except ValueError as error:
        raise FitError(f"the estimator of {other.card.reference} can't be the start: {error}") from error


def _begin(run: Run, model: keras.Model, data: Data, start: Start | None, other: Start | None) -> None:
    """Give `model` the weights of the start or, where there is none, of the recipe's own; a resumed run has them.

    All but the estimator's, where that comes from the `other`.
    """
    if start:
        try:
            start.give(model, without={ESTIMATOR} if other else set())
        except ValueError as error:
            raise FitError(f"{run.start_from} can't be the start: {error}") from error
    elif run.recipe.start and not run.resume:
        run.recipe.start(model, data)


def _export(
    run: Run, model: keras.Model, data: Data, description: str, budget: Budget, started_from: str | None
) -> Path:
    """Rebuild the model in float32, with its weights as they are stored, measure it and write the artifact."""
    recipe = run.recipe
    final = recipe.build("float32")
    final.set_weights(rounded(model.get_weights()))
    fields = {
        "name": recipe.name,
        "version": next_version(run.out, recipe.name),
        "summary": recipe.summary,
        "licence": LICENCE,
        "parameters": final.count_params(),
        "kmac_per_pixel": round(kmac_per_pixel(final), 3),
        "training": Training(
            recipe=recipe.name,
            data=description,
            steps=budget.steps,
            samples=budget.seen,
            minutes=round(budget.spent_s / 60, 1),
            precision=precision_of(model),
            backend=keras.backend.backend(),
            keras=keras.version(),
            started_from=started_from,
        ),
        **recipe.card(final, data),
    }
    return export(final, fields, run.out)
