"""A run's state on disk: weights, optimizer with its moving averages, progress."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import keras

from training.schedule import Budget


@dataclass(frozen=True)
class Checkpoint:
    """Two files in `folder`, replaced one after the other; the weights' file name is in the progress file.

    `binding` are the options of the run, None: not given, that it may not be resumed without.
    """

    folder: Path
    binding: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def _progress(self) -> Path:
        return self.folder / "progress.json"

    def exists(self) -> bool:
        return self._progress.is_file()

    def save(self, model: keras.Model, budget: Budget) -> None:
        """Write the state; a crash at any moment leaves the previous state readable."""
        self.folder.mkdir(parents=True, exist_ok=True)
        weights = self.folder / f"step-{budget.steps}.weights.h5"
        unfinished = self.folder / "partial.weights.h5"
        model.save_weights(unfinished)
        unfinished.replace(weights)
        progress = {
            "weights": weights.name,
            "spent_s": budget.spent_s,
            "seen": budget.seen,
            "steps": budget.steps,
            "binding": dict(self.binding),
        }
        partial = self.folder / "progress.json.partial"
        partial.write_text(json.dumps(progress, allow_nan=False))
        partial.replace(self._progress)
        for old in self.folder.glob("*.weights.h5"):
            if old != weights:
                old.unlink()

    def differing(self) -> dict[str, str | None]:
        """Return the binding options whose values were others when the state was written, with those values.

        There are none where none was written, as in states from before November 2026.
        """
        written = json.loads(self._progress.read_text()).get("binding", {})
        return {option: value for option, value in written.items() if value != self.binding.get(option)}

    def restore(self, model: keras.Model, *, minutes: float | None, samples: int | None) -> Budget:
        """Load the state into the compiled `model` and return the budget where it was."""
        progress = json.loads(self._progress.read_text())
        model.optimizer.build(model.trainable_variables)
        model.load_weights(self.folder / progress["weights"])
        spent = {name: progress[name] for name in ("spent_s", "seen", "steps")}
        return Budget(minutes=minutes, samples=samples, **spent)

    def discard(self) -> None:
        """Remove the files: the run is done."""
        for path in [self._progress, *self.folder.glob("*.weights.h5")]:
            path.unlink(missing_ok=True)
