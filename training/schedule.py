"""How far a run has come, and the learning rate there."""

import time
from dataclasses import dataclass

WARM_UP_STEPS = 500


@dataclass
class Budget:
    """A run's length, in minutes of wall time or in samples, and how much of it is used.

    Exactly one of `minutes` and `samples` is set. `spent_s` and `seen` survive in the checkpoint, so that a
    resumed run goes on where it was.
    """

    minutes: float | None = None
    samples: int | None = None
    spent_s: float = 0.0
    seen: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.samples is None):
            raise ValueError("a budget has either minutes or samples")
        self._resumed_at = time.monotonic()
        self._spent_before = self.spent_s

    def advance(self, samples: int, steps: int) -> None:
        """Count what was just done."""
        self.seen += samples
        self.steps += steps
        self.spent_s = self._spent_before + time.monotonic() - self._resumed_at

    @property
    def fraction(self) -> float:
        """The used part of the budget, 0-1."""
        used = self.spent_s / (60 * self.minutes) if self.minutes else self.seen / (self.samples or 1)
        return min(used, 1.0)

    @property
    def remaining_s(self) -> float:
        """An estimate of the seconds left, from the pace so far."""
        return self.spent_s * (1 - self.fraction) / self.fraction if self.fraction else float("inf")


def learning_rate(peak: float, decay_from: float, fraction: float, steps: int) -> float:
    """Return the rate: a linear warm-up, `peak`, and from the fraction `decay_from` on a line down to zero."""
    warm_up = min(1.0, (steps + 1) / WARM_UP_STEPS)
    decay = min(1.0, (1.0 - fraction) / (1.0 - decay_from))
    return peak * warm_up * max(decay, 1e-4)
