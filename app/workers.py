"""Where blocking work on whole pictures runs: a few threads for small ones, fewer for large ones."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from app.admission import Claim
from app.threads import cores
from app.timings import Timings

LARGE_PIXELS = 4_000_000

Result = TypeVar("Result")


class Workers:
    """Threads that decode, encode and estimate; large pictures have their own, so that small ones need not wait."""

    def __init__(self) -> None:
        self._small = ThreadPoolExecutor(cores(), "codec")
        self._large = ThreadPoolExecutor(max(1, cores() // 2), "codec-large")

    async def run(self, claim: Claim, timings: Timings, stage: str, pixels: int, work: Callable[[], Result]) -> Result:
        """Return what `work` on a picture of so many `pixels` returns; waiting for a thread counts towards `stage`.

        Cancelled, it does not wait: what runs already runs on, and `claim` is held until it ends.
        """
        started = time.perf_counter()
        pool = self._large if pixels > LARGE_PIXELS else self._small
        running = pool.submit(work)
        try:
            result = await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            _hold(claim, running)
            raise
        timings.add(stage, time.perf_counter() - started)
        return result

    def stop(self) -> None:
        """Take no more work; what runs is not waited for."""
        for pool in (self._small, self._large):
            pool.shutdown(wait=False, cancel_futures=True)


def _hold(claim: Claim, running: "Future[Result]") -> None:
    """Keep `claim` while `running` can't be cancelled any more."""
    loop = asyncio.get_running_loop()
    claim.share()
    running.add_done_callback(lambda _: loop.call_soon_threadsafe(claim.release))
