"""A request's work through the scheduler."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from app.intake import Intake
from app.registry import Engine, Function
from app.scheduler import Work
from app.service import Service
from models.denoising import Feed
from models.pixels import FloatImage


class InTurn:
    """Several frames' works of one shape as one: a request takes turns with others, however many frames it has."""

    def __init__(self, works: Sequence[Work]) -> None:
        self.shape = works[0].shape
        self._units = [(work, unit) for work in works for unit in range(work.count)]

    @property
    def count(self) -> int:
        return len(self._units)

    def feed(self, unit: int) -> Feed:
        """Return the inputs of one unit."""
        work, own = self._units[unit]
        return work.feed(own)

    def accept(self, unit: int, values: FloatImage) -> None:
        """Take the network's output for one unit."""
        work, own = self._units[unit]
        work.accept(own, values)


async def run_network(
    service: Service, intake: Intake[Any], function: Function, works: Sequence[Work], *, engine: Engine | None = None
) -> None:
    """Run `works` by the request's engine, or another; their waiting and running go into the request's timings."""
    for _, group in groupby(works, key=lambda work: work.shape):
        same = list(group)
        work = same[0] if len(same) == 1 else InTurn(same)
        queued, ran = await service.scheduler.run(
            engine or intake.engine, function, work, intake.claim, intake.deadline
        )
        intake.timings.add("queue", queued)
        intake.timings.add("infer", ran)
