"""What a long run leaves behind: the answers by status, latencies, and the service's memory by the minute."""

import threading
import time
from collections import Counter, defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np

from tests.fuzz.campaign import Failure
from tests.fuzz.inputs import Input
from tests.fuzz.server import Target
from tests.fuzz.verdict import Answer, failures
from tests.periodic import every
from tests.soak.traffic import BOUNDS, is_ordinary

SAMPLE_S = 1.0


@dataclass
class Watch:
    """What was seen so far; seconds are since the start of the load, memory is in MB of 10^6 bytes."""

    started: float = field(default_factory=time.monotonic)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[float, float, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def judge(self, asked: Input, answer: Answer) -> None:
        """Count an answer; a refusal for want of capacity is wrong too, as the load is bounded."""
        reasons = failures(asked, answer, BOUNDS)
        if is_ordinary(asked) and answer.status == 429:
            reasons.append(f"an ordinary request met {answer.outcome}")
        kind = asked.path if is_ordinary(asked) else "hostile"
        with self._lock:
            self.outcomes[kind, answer.outcome] += 1
            self.seconds[kind].append(answer.seconds)
            if reasons:
                self.wrong.append(str(Failure(asked, reasons)))

    def note(self, path: str, status: int) -> None:
        """Count the answer to a GET; any status but 200 is wrong."""
        with self._lock:
            self.outcomes[path, str(status)] += 1
            if status != 200:
                self.wrong.append(f"GET {path}: {status}")

    def highest(self, since_s: float, until_s: float) -> float:
        """Return the most memory that the service had between two times; NaN where nothing was sampled."""
        found = [service for when, service, _ in self.memory if since_s <= when <= until_s]
        return max(found, default=float("nan"))

    def percentile(self, kind: str, percent: float) -> float:
        """Return a percentile of the seconds that a kind of request took."""
        return float(np.percentile(self.seconds[kind], percent))


def sampled(watch: Watch, target: Target) -> AbstractContextManager[None]:
    """Write down the memory of the service and of its children every second until the block ends."""

    def sample() -> None:
        if target.alive:
            memory = target.memory()
            watch.memory.append((watch.elapsed, memory.service, memory.children))

    return every(SAMPLE_S, sample)
