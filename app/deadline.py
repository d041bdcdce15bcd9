"""The end of a request before its answer: its time is up, or its client is gone."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from app.errors import DeadlineExceeded

BASE_S = 30.0
PER_MEGAPIXEL_S = 2.0
USUAL_KMAC = 70.0
"""Multiply-accumulates a pixel, in thousands, of networks that those seconds are for: a larger one gets more."""


class ClientGone(Exception):
    """The client has closed the connection: nobody is there to be answered."""


def seconds_for(pixels: int, fixed: float | None, kmac_per_pixel: float = USUAL_KMAC) -> float:
    """Return the time for a picture: `fixed` where that is set, else what grows with the pixels and the network."""
    if fixed is not None:
        return fixed
    return BASE_S + PER_MEGAPIXEL_S * max(1.0, kmac_per_pixel / USUAL_KMAC) * pixels / 1e6


class Deadline:
    """When what runs must be done: `seconds` after its start, which may turn out to be more."""

    def __init__(self, seconds: float, limit: asyncio.Timeout) -> None:
        self.seconds = seconds
        self._limit = limit
        self._start = asyncio.get_running_loop().time()  # not on every loop the clock of the scheduler's threads
        self._started = time.monotonic()

    @property
    def end(self) -> float:
        """On the clock of `time.monotonic`."""
        return self._started + self.seconds

    def move(self, seconds: float) -> None:
        """Make it `seconds` after the start."""
        self.seconds = seconds
        self._limit.reschedule(self._start + seconds)


@asynccontextmanager
async def in_time(request: Request, seconds: float) -> AsyncIterator[Deadline]:
    """Cancel what runs inside after `seconds`, unless these are changed, or as soon as the client hangs up.

    For a request whose body has been read. Raises DeadlineExceeded or ClientGone.
    """
    task, gone = _this_task(), asyncio.Event()
    watcher = asyncio.create_task(_cancel_when_gone(request, gone, task))
    try:
        async with asyncio.timeout(seconds) as limit:
            deadline = Deadline(seconds, limit)
            yield deadline
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise DeadlineExceeded(
            f"the picture was not done within its {deadline.seconds:.0f} s: send a smaller one, or come back later",
            limit=deadline.seconds,
        ) from error
    except asyncio.CancelledError as error:
        if not gone.is_set():
            raise
        task.uncancel()
        raise ClientGone from error
    finally:
        watcher.cancel()


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("there is no task to be cancelled here")
    return task


async def _cancel_when_gone(request: Request, gone: asyncio.Event, task: asyncio.Task[object]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()
    task.cancel()
