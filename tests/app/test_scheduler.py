"""Batches, turns, waiting, cancellation and failure, seen through an engine that records what it is given."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from app.batching import MAX_BATCH, MAX_BATCH_PIXELS, batch_sizes, largest_batch
from app.pace import Pace
from app.scheduler import LANES, Scheduler, Work
from models.denoising import Feed
from models.pixels import FloatImage
from models.tiles import Shape

SOON = 10.0
UNIT_COST = 1.0


class Counting:
    """Work of `count` units that are told apart by the value of their pixels."""

    def __init__(self, label: float, count: int = 1, shape: Shape = (4, 4)) -> None:
        self.label, self.count, self.shape = label, count, shape
        self.accepted: list[tuple[int, float]] = []

    def feed(self, unit: int) -> Feed:
        return {"image": np.full((*self.shape, 1), self.label, np.float32)}

    def accept(self, unit: int, values: FloatImage) -> None:
        self.accepted.append((unit, float(values.flat[0])))


@dataclass
class Recorder:
    """An engine that negates, notes the labels of each batch, and runs only while `gate` is open."""

    gate: threading.Event = field(default_factory=threading.Event)
    batches: list[list[float]] = field(default_factory=list)
    failing: float | None = None
    card: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(reference="recorder@1"))

    def run(self, feed: Feed) -> FloatImage:
        labels = [float(image.flat[0]) for image in feed["image"]]
        self.batches.append(labels)
        if not self.gate.wait(SOON):
            raise TimeoutError("the test never opened the gate")
        if self.failing in labels:
            raise MemoryError("no memory")
        return -feed["image"]

    def encode(self, feed: Feed) -> FloatImage:
        return feed["image"].mean(axis=(1, 2))

    def cost(self, _: Shape) -> float:
        return UNIT_COST

    def start(self) -> None:
        self.gate.set()


@dataclass
class Account:
    work: float = 100.0


@pytest.fixture
def engine() -> Recorder:
    return Recorder()


@pytest.fixture
async def scheduler() -> AsyncIterator[Scheduler]:
    running = Scheduler(batch_delay_s=0.2, pace=Pace())
    running.start()
    yield running
    await asyncio.to_thread(running.stop)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110  threads change it
            await asyncio.sleep(0.005)


class Submit:
    """Submits work whose deadline is far away, as a task."""

    def __init__(self, scheduler: Scheduler, engine: Recorder) -> None:
        self._scheduler, self._engine = scheduler, engine

    def __call__(
        self, work: Work, *, seconds: float = 1e6, account: Account | None = None
    ) -> asyncio.Task[tuple[float, float]]:
        run = self._scheduler.run(self._engine, "run", work, account or Account(), time.monotonic() + seconds)
        return asyncio.create_task(run)

    async def busy_lanes(self) -> list[asyncio.Task[tuple[float, float]]]:
        """Occupy every lane with work of a shape of its own, until the gate opens."""
        tasks = []
        for lane in range(LANES):
            tasks.append(self(Counting(1000 + lane, shape=(8, 8 + lane))))
            await until(lambda expected=lane + 1: len(self._engine.batches) == expected)
        self._engine.batches.clear()
        return tasks


@pytest.fixture
def submit(scheduler: Scheduler, engine: Recorder) -> Submit:
    return Submit(scheduler, engine)


async def test_every_unit_is_fed_and_accepted_once(submit: Submit, engine: Recorder) -> None:
    engine.start()
    works = [Counting(label, count) for label, count in [(1, 1), (2, 7), (3, 100)]]
    await asyncio.gather(*(submit(work) for work in works))
    for work in works:
        assert sorted(work.accepted) == [(unit, -work.label) for unit in range(work.count)]


async def test_requests_that_wait_together_run_together(submit: Submit, engine: Recorder) -> None:
    tasks = await submit.busy_lanes()
    tasks += [submit(Counting(label)) for label in range(16)]
    await asyncio.sleep(0)
    engine.start()
    await asyncio.gather(*tasks)
    assert sorted(map(len, engine.batches)) == [16]


async def test_other_shapes_and_other_functions_run_apart(
    submit: Submit, scheduler: Scheduler, engine: Recorder
) -> None:
    tasks = await submit.busy_lanes()
    code = Counting(9)
    tasks += [submit(Counting(1)), submit(Counting(2, shape=(4, 8))), submit(Counting(3))]
    tasks.append(asyncio.create_task(scheduler.run(engine, "encode", code, Account(), 1e9)))
    await asyncio.sleep(0)
    engine.start()
    await asyncio.gather(*tasks)
    assert sorted(map(sorted, engine.batches)) == [[1, 3], [2]]
    assert code.accepted == [(0, 9.0)]


async def test_small_request_does_not_wait_for_a_large_one(submit: Submit, engine: Recorder) -> None:
    tasks = await submit.busy_lanes()
    large = Counting(1, count=500, shape=(512, 512))
    tasks.append(submit(large))
    await asyncio.sleep(0)
    small = Counting(2, shape=(512, 512))
    tasks.append(submit(small))
    await asyncio.sleep(0)
    engine.start()
    await tasks[-1]
    assert engine.batches.index([2]) < large.count / 5, "without turns it would be the last"
    await asyncio.gather(*tasks)


async def test_large_requests_share_alike(submit: Submit, engine: Recorder) -> None:
    tasks = await submit.busy_lanes()
    works = [Counting(label, count=50, shape=(512, 512)) for label in range(3)]
    tasks += [submit(work) for work in works]
    await asyncio.sleep(0)
    engine.start()
    await asyncio.gather(*tasks)
    order = [labels[0] for labels in engine.batches]
    for stop in range(len(order)):
        shares = [order[:stop].count(label) for label in range(3)]
        assert max(shares) - min(shares) <= 10, "without turns it would be 50"


async def test_request_in_danger_of_its_deadline_gets_half_of_the_batches(submit: Submit, engine: Recorder) -> None:
    """At a pace of a unit a minute, 20 units within a minute are in danger, and 20 in a year are not."""
    tasks = await submit.busy_lanes()
    submit._scheduler._pace.add(UNIT_COST, 60)
    tasks += [submit(Counting(label, count=20, shape=(512, 512)), seconds=3e7) for label in range(4)]
    tasks.append(submit(Counting(9, count=20, shape=(512, 512)), seconds=60))
    await asyncio.sleep(0)
    engine.start()
    await asyncio.gather(*tasks)
    first = [labels[0] for labels in engine.batches[:16]]
    assert 7 <= first.count(9) <= 12, "3 in equal turns, 16 if it kept the others waiting"


async def test_batch_waits_for_a_request_on_its_way(submit: Submit, scheduler: Scheduler, engine: Recorder) -> None:
    engine.start()
    with scheduler.expecting():
        first = submit(Counting(1))
        await asyncio.sleep(0.05)
        assert engine.batches == []
        second = submit(Counting(2))
        await asyncio.sleep(0)
    await asyncio.gather(first, second)
    assert engine.batches == [[1, 2]]


async def test_batch_waits_no_longer_than_the_delay(submit: Submit, scheduler: Scheduler, engine: Recorder) -> None:
    engine.start()
    with scheduler.expecting():
        await asyncio.wait_for(submit(Counting(1)), SOON)


async def test_nothing_waits_when_nothing_is_on_its_way() -> None:
    patient = Scheduler(batch_delay_s=1e6, pace=Pace())
    patient.start()
    engine = Recorder()
    engine.start()
    await asyncio.wait_for(Submit(patient, engine)(Counting(1)), SOON)
    await asyncio.to_thread(patient.stop)


async def test_full_batch_does_not_wait() -> None:
    patient = Scheduler(batch_delay_s=1e6, pace=Pace())
    patient.start()
    engine = Recorder()
    engine.start()
    with patient.expecting():
        await asyncio.wait_for(asyncio.gather(*(Submit(patient, engine)(Counting(n)) for n in range(MAX_BATCH))), SOON)
    await asyncio.to_thread(patient.stop)


async def test_cancelled_request_frees_its_units_at_once(
    submit: Submit, scheduler: Scheduler, engine: Recorder
) -> None:
    account, work = Account(), Counting(1, count=100, shape=(512, 512))
    task = submit(work, account=account)
    await until(lambda: len(engine.batches) == LANES)
    assert scheduler.queued == 100 - LANES
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert scheduler.queued == 0
    assert account.work == 0
    engine.start()
    await submit(Counting(2))
    assert engine.batches == [[1], [1], [2]]
    assert work.accepted == []


async def test_failure_reaches_the_requests_of_the_batch_and_nobody_else(submit: Submit, engine: Recorder) -> None:
    engine.failing = 1.0
    tasks = await submit.busy_lanes()
    failing = [submit(Counting(1, count=70)), submit(Counting(2))]
    other = submit(Counting(3, shape=(64, 4)))
    await asyncio.sleep(0)
    engine.start()
    results = await asyncio.gather(*failing, return_exceptions=True)
    assert [type(result) for result in results] == [MemoryError, MemoryError]
    await asyncio.gather(*tasks, other, submit(Counting(4)))


async def test_work_done_is_taken_off_the_account_and_sets_the_pace(engine: Recorder) -> None:
    pace = Pace()
    scheduler = Scheduler(batch_delay_s=0, pace=pace)
    scheduler.start()
    engine.start()
    account = Account(work=10 * UNIT_COST)
    await Submit(scheduler, engine)(Counting(1, count=10), account=account)
    await asyncio.to_thread(scheduler.stop)
    assert account.work == 0
    assert 0 < pace.seconds(10 * UNIT_COST) < SOON


async def test_failing_at_once_is_not_a_fast_pace(engine: Recorder) -> None:
    pace = Pace()
    pace.add(UNIT_COST, 1)
    scheduler = Scheduler(batch_delay_s=0, pace=pace)
    scheduler.start()
    engine.start()
    engine.failing = 1.0
    with pytest.raises(MemoryError):
        await Submit(scheduler, engine)(Counting(1))
    await asyncio.to_thread(scheduler.stop)
    assert pace.seconds(UNIT_COST) >= 1


async def test_timing_tells_waiting_from_running(submit: Submit, engine: Recorder) -> None:
    tasks = await submit.busy_lanes()
    tasks.append(submit(Counting(1)))
    await asyncio.sleep(0.1)
    engine.start()
    waited, ran = await tasks[-1]
    assert waited >= 0.1
    assert ran < SOON
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("shape", [(28, 28), (32, 64), (128, 128), (256, 256), (512, 512), (1024, 1024)])
def test_batches_are_powers_of_two_within_the_limits(shape: Shape) -> None:
    sizes = list(batch_sizes(shape))
    assert sizes == [2**exponent for exponent in range(len(sizes))]
    assert all(size <= MAX_BATCH and size * shape[0] * shape[1] <= MAX_BATCH_PIXELS for size in sizes[1:])
    for available in (1, 2, 3, 7, 100):
        assert largest_batch(shape, available) == max(size for size in sizes if size <= available)


async def test_batches_are_counted_by_model_function_and_size(
    scheduler: Scheduler, submit: Submit, engine: Recorder
) -> None:
    engine.start()
    await submit(Counting(1, count=11))
    assert scheduler.batches == {("recorder@1", "run", 8): 1, ("recorder@1", "run", 2): 1, ("recorder@1", "run", 1): 1}
