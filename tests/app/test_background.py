"""Work in a thread that nothing waits for."""

import asyncio
import threading

import pytest

from app.background import at_work, in_background

pytestmark = pytest.mark.anyio


async def test_result_and_error_come_back() -> None:
    assert await in_background(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_background(lambda: 1 // 0)


async def test_cancelled_it_does_not_wait_and_the_work_goes_on() -> None:
    begun, end = threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return end.wait(10)

    waiting = asyncio.create_task(in_background(work))
    await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert at_work()
    end.set()
    for _ in range(500):
        if not at_work():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
