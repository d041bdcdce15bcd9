"""How fast this machine works, learnt from what it did in the last seconds."""

import math

MEMORY_S = 10.0


class Pace:
    """Work done per busy second, in multiply-accumulates, averaged with a memory of `MEMORY_S` busy seconds.

    Busy seconds alone count, and all that goes on beside the network slows it: so under load this is what the whole
    service gets done, codecs included. Written by the scheduler under its lock, and, before it has work,
    from the trials of the models that are loaded.
    """

    def __init__(self) -> None:
        self._work = 0.0
        self._seconds = 0.0

    def add(self, work: float, seconds: float) -> None:
        """Count `work` done in `seconds`."""
        fade = math.exp(-seconds / MEMORY_S)
        self._work = self._work * fade + work
        self._seconds = self._seconds * fade + seconds

    def seconds(self, work: float) -> float:
        """Return how long `work` takes at this pace; 0 while nothing is known."""
        return work * self._seconds / self._work if self._work else 0.0
