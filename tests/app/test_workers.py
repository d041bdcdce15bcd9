"""The threads for codecs: what comes back, what a cancelled caller leaves, who waits for whom."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from app.admission import REQUEST_BYTES, Admission, Claim
from app.pace import Pace
from app.timings import Timings
from app.workers import LARGE_PIXELS, Workers

SOON = 10.0


@pytest.fixture
def admission() -> Admission:
    return Admission(bytes_=10**9, pixels=10**9, wait_share=1.0, pace=Pace())


@pytest.fixture
def claim(admission: Admission) -> Claim:
    return admission.claim(None)


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    started = Workers()
    started.start()
    yield started
    started.stop()


class Blocking:
    """Work that waits until it is let go."""

    def __init__(self) -> None:
        self.started, self.go_on = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.started.set()
        self.go_on.wait(SOON)
        return "done"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110  threads change it
            await asyncio.sleep(0.005)


async def test_results_come_back_to_those_who_asked(workers: Workers, claim: Claim) -> None:
    timings = Timings()
    runs = (workers.run(claim, timings, "decode", 1, lambda number=number: number) for number in range(500))
    assert await asyncio.gather(*runs) == list(range(500))
    assert list(timings.stages) == ["decode"]


async def test_errors_do_too_and_the_threads_live_on(workers: Workers, claim: Claim) -> None:
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            await workers.run(claim, Timings(), "decode", 1, lambda: 1 / 0)
    assert await workers.run(claim, Timings(), "decode", 1, lambda: 2) == 2


async def test_cancelled_work_that_waits_never_runs(workers: Workers, admission: Admission, claim: Claim) -> None:
    blocking = [Blocking() for _ in range(64)]
    tasks = [asyncio.create_task(workers.run(claim, Timings(), "decode", 1, each)) for each in blocking]
    await until(lambda: any(each.started.is_set() for each in blocking))
    await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    claim.release()
    assert admission.bytes == REQUEST_BYTES
    running = [each for each in blocking if each.started.is_set()]
    for each in blocking:
        each.go_on.set()
    await until(lambda: admission.requests == 0)
    assert [each for each in blocking if each.started.is_set()] == running
    assert admission.bytes == 0


async def test_small_pictures_do_not_wait_for_large_ones(workers: Workers, claim: Claim) -> None:
    large = [Blocking() for _ in range(16)]
    tasks = [asyncio.create_task(workers.run(claim, Timings(), "decode", LARGE_PIXELS + 1, each)) for each in large]
    await until(lambda: large[0].started.is_set())
    assert await asyncio.wait_for(workers.run(claim, Timings(), "decode", 1, lambda: "small"), SOON) == "small"
    for each in large:
        each.go_on.set()
    assert await asyncio.gather(*tasks) == ["done"] * 16


async def test_what_waits_when_the_service_stops_never_runs(claim: Claim) -> None:
    workers = Workers()
    workers.start()
    blocking = [Blocking() for _ in range(64)]
    tasks = [asyncio.create_task(workers.run(claim, Timings(), "decode", 1, each)) for each in blocking]
    await until(lambda: any(each.started.is_set() for each in blocking))
    await asyncio.sleep(0.05)
    workers.stop()
    running = sum(each.started.is_set() for each in blocking)
    for each in blocking:
        each.go_on.set()
    await until(lambda: sum(task.done() for task in tasks) == running)
    await asyncio.sleep(0.05)
    assert sum(each.started.is_set() for each in blocking) == running
    for task in tasks:
        task.cancel()
