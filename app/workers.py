"""Where blocking work on whole pictures runs: a few threads for small ones, fewer for large ones."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from app.admission import Claim
from app.threads import cores
from app.timings import Timings

LARGE_PIXELS = 4_000_000

Result = TypeVar("Result")


class Workers:
    """Threads that decode, encode and estimate; large pictures have their own, so that small ones need not wait.

    So has what waits for processes of the sandbox: hostile files can keep each other waiting, and nobody else.
    """

    def __init__(self) -> None:
        self._small = Pool(cores(), "codec")
        self._large = Pool(max(1, cores() // 2), "codec-large")
        self._outside = Pool(cores(), "sandbox")
        self._outside_large = Pool(max(1, cores() // 2), "sandbox-large")

    async def run(
        self,
        claim: Claim,
        timings: Timings,
        stage: str,
        pixels: int,
        work: Callable[[], Result],
        *,
        outside: bool = False,
    ) -> Result:
        """Return what `work` on a picture of so many `pixels` returns; waiting for a thread counts towards `stage`.

        `outside` is work that waits for another process. Cancelled, it does not wait: what runs already runs on, and
        `claim` is held until it ends.
        """
        started = time.perf_counter()
        small, large = (self._outside, self._outside_large) if outside else (self._small, self._large)
        result: Result = await (large if pixels > LARGE_PIXELS else small).run(work, claim)
        timings.add(stage, time.perf_counter() - started)
        return result

    @property
    def _pools(self) -> "tuple[Pool, ...]":
        return self._small, self._large, self._outside, self._outside_large

    def start(self) -> None:
        """Start the threads."""
        for pool in self._pools:
            pool.start()

    def stop(self) -> None:
        """Take no more work; what runs is not waited for."""
        for pool in self._pools:
            pool.stop()


@dataclass(eq=False)
class _Task:
    """One piece of work, and what came of it."""

    work: Callable[[], Any]
    claim: Claim
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def run(self) -> None:
        """Do the work; in a thread."""
        try:
            self.result = self.work()
        except Exception as error:  # noqa: BLE001  it is raised where the result is awaited
            self.error = error

    def finish(self) -> None:
        """Hand over the result, unless nobody waits for it any more; on the event loop's thread."""
        self.claim.release()
        if self.future.cancelled():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Pool:
    """Threads for the coroutines of one event loop.

    As concurrent.futures has it, but results that are ready at the same time wake the event loop once, not each: at a
    thousand thumbnails a second, waking it costs more than decoding them.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Task] = deque()
        self._done: deque[_Task] = deque()
        self._open = True
        self._threads = [threading.Thread(target=self._serve, name=f"{name}-{n}", daemon=True) for n in range(threads)]
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the threads for the running event loop."""
        self._loop = asyncio.get_running_loop()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the threads end; what waits never runs."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    async def run(self, work: Callable[[], Result], claim: Claim) -> Result:
        """Return what `work` returns, or raise what it raises; `claim` is held while it waits and runs."""
        task = _Task(work, claim, asyncio.get_running_loop().create_future())
        claim.share()
        with self._changed:
            self._waiting.append(task)
            self._changed.notify()
        try:
            result: Result = await task.future
        except asyncio.CancelledError:
            self._forget(task)
            raise
        return result

    def _forget(self, task: _Task) -> None:
        with self._changed:
            if task not in self._waiting:
                return
            self._waiting.remove(task)
        task.claim.release()

    def _serve(self) -> None:
        while task := self._next():
            task.run()
            self._report(task)
            del task  # or an idle thread would keep the last picture

    def _next(self) -> _Task | None:
        with self._changed:
            while self._open:
                if self._waiting:
                    return self._waiting.popleft()
                self._changed.wait()
        return None

    def _report(self, task: _Task) -> None:
        with self._changed:
            self._done.append(task)
            first = len(self._done) == 1
        if first and self._loop:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        with self._changed:
            done, self._done = self._done, deque()
        for task in done:
            task.finish()
