"""Where the blocking work runs: threads, so many at a time, timed by stage."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio

Result = TypeVar("Result")


@dataclass
class Timings:
    """Milliseconds by stage of one request, as the Server-Timing header shows them."""

    stages: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        self.stages[stage] = self.stages.get(stage, 0.0) + 1000 * seconds

    def header(self) -> str:
        return ", ".join(f"{stage};dur={duration:.1f}" for stage, duration in self.stages.items())


class Workers:
    """Threads for codecs, as many as this process has cores, and for `pictures_at_once` pictures in a network."""

    def __init__(self, pictures_at_once: int) -> None:
        self._codecs = anyio.CapacityLimiter(_cores())
        self._pictures = anyio.CapacityLimiter(pictures_at_once)

    async def codec(self, timings: Timings, stage: str, work: Callable[[], Result]) -> Result:
        """Decode or encode; waiting for a thread counts towards the stage."""
        started = time.perf_counter()
        result = await anyio.to_thread.run_sync(work, limiter=self._codecs)
        timings.add(stage, time.perf_counter() - started)
        return result

    async def infer(self, timings: Timings, work: Callable[[], Result]) -> Result:
        """Run a network; waiting for a thread is the stage `queue`."""
        asked = time.perf_counter()

        def timed() -> Result:
            started = time.perf_counter()
            timings.add("queue", started - asked)
            result = work()
            timings.add("infer", time.perf_counter() - started)
            return result

        return await anyio.to_thread.run_sync(timed, limiter=self._pictures)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
