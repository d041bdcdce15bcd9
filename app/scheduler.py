"""The tile scheduler: all requests' pictures as units of work, run in batches and in turns."""

import asyncio
import itertools
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from app.batching import cost, largest_batch
from app.pace import Pace
from app.registry import Engine, Function
from models.denoising import Feed
from models.pixels import FloatImage
from models.tiles import Shape

LANES = 2
"""Threads that run batches: while one cuts and stitches tiles, the other keeps the processor busy."""
HASTE = 2.0
"""A request whose time left is less than this many times what its work takes is in danger: with every second batch, it
takes twice that long."""


class Work(Protocol):
    """One picture's work: `count` units of one `shape`, in any order; see models.denoising.Denoising."""

    shape: Shape

    @property
    def count(self) -> int: ...

    def feed(self, unit: int) -> Feed: ...

    def accept(self, unit: int, values: FloatImage) -> None: ...


class Ledger(Protocol):
    """Where the work that a request has left is written down: app.admission.Claim."""

    work: float


@dataclass(eq=False)
class Job:
    """A request's work in the scheduler. Times are those of `time.monotonic`."""

    engine: Engine
    function: Function
    work: Work
    ledger: Ledger
    deadline: float
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop
    submitted: float = field(default_factory=time.monotonic)
    started: float | None = None
    turn: int = 0
    taken: int = 0
    running: int = 0
    dropped: bool = False

    @property
    def left(self) -> int:
        """The units that no batch has taken yet."""
        return self.work.count - self.taken

    @property
    def unit_cost(self) -> float:
        """Multiply-accumulates of one unit."""
        return cost(self.engine, self.function, self.work.shape)

    def finish(self, error: BaseException | None) -> None:
        """Wake the request; on the event loop's thread."""
        if self.done.done():
            return
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


Unit = tuple[Job, int]
Key = tuple[int, Function, Shape]
BatchKind = tuple[str, Function, int]
"""A model's name@version, what it ran, and the batch's size."""


class Scheduler:
    """Runs the units of all jobs, a batch at a time in each of its lanes.

    Fair: jobs take turns, one unit each, so a small picture never waits for more than one unit of each of the others. A
    batch is filled with units of one shape and function from as many jobs as have them. A lane that could run a small
    batch waits up to `batch_delay_s` for more while requests are on their way (`expecting`), and not at all otherwise.
    Bounded: the tiles of a picture are cut when their turn comes. A job that is cancelled loses the units that do not
    run yet. A job that is in danger of missing its deadline gets every second batch: admission has made sure that there
    is time for all, but in equal turns a large picture among many small ones would come last. No more than that, or one
    that can't be done in time would keep all others waiting to the end of its deadline.
    """

    def __init__(self, *, batch_delay_s: float, pace: Pace) -> None:
        self._delay, self._pace = batch_delay_s, pace
        self._changed = threading.Condition()
        self._queues: dict[Key, deque[Job]] = {}
        self._turns = itertools.count()
        self._expected = 0
        self._hurried = False
        self._running = 0
        self._since = 0.0
        self._open = False
        self._lanes: list[threading.Thread] = []
        self._batches: Counter[BatchKind] = Counter()

    @property
    def queued(self) -> int:
        """The number of units that no batch has taken yet."""
        with self._changed:
            return sum(job.left for queue in self._queues.values() for job in queue)

    @property
    def batches(self) -> Counter[BatchKind]:
        """How many batches of each kind have been run."""
        with self._changed:
            return self._batches.copy()

    def start(self) -> None:
        """Start the lanes."""
        self._open = True
        self._lanes = [threading.Thread(target=self._lane, name=f"lane-{n}", daemon=True) for n in range(LANES)]
        for lane in self._lanes:
            lane.start()

    def stop(self) -> None:
        """End the lanes once their batches are done; what is still queued never runs."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        for lane in self._lanes:
            lane.join()

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Announce a request that is being decoded: batches may wait a little for its units."""
        with self._changed:
            self._expected += 1
        try:
            yield
        finally:
            with self._changed:
                self._expected -= 1
                if not self._expected and self._queues:
                    self._changed.notify()

    async def run(
        self, engine: Engine, function: Function, work: Work, ledger: Ledger, deadline: float
    ) -> tuple[float, float]:
        """Run all of `work` and return the seconds it waited for its first batch, and those from there to the end.

        Raises what the engine raises. Cancelled, it drops what does not run yet.
        """
        loop = asyncio.get_running_loop()
        job = Job(engine, function, work, ledger, deadline, loop.create_future(), loop)
        self._put(job)
        try:
            await job.done
        except asyncio.CancelledError:
            self._drop(job)
            raise
        started = job.started or job.submitted
        return started - job.submitted, time.monotonic() - started

    def _put(self, job: Job) -> None:
        with self._changed:
            if not self._queues and not self._running:
                self._since = time.monotonic()
            self._enqueue(job)
            self._changed.notify()

    def _enqueue(self, job: Job) -> None:
        job.turn = next(self._turns)
        self._queues.setdefault((id(job.engine), job.function, job.work.shape), deque()).append(job)

    def _drop(self, job: Job) -> None:
        with self._changed:
            job.dropped = True
            job.ledger.work = 0.0
            key = (id(job.engine), job.function, job.work.shape)
            queue = self._queues.get(key, deque())
            if job in queue:
                queue.remove(job)
            if not queue:
                self._queues.pop(key, None)

    def _lane(self) -> None:
        while batch := self._next_batch():
            error = _execute(batch)
            self._finish(batch, error)
            del batch, error  # or an idle lane would keep the last picture, and an engine that is to go

    def _next_batch(self) -> Sequence[Unit]:
        """Wait for work and take a batch of it; nothing once the scheduler is stopped."""
        with self._changed:
            while self._open:
                key, wait = self._next_key(time.monotonic())
                if key:
                    self._running += 1
                    batch = self._take(key)
                    if self._queues:
                        self._changed.notify()
                    return batch
                self._changed.wait(wait)
        return ()

    def _next_key(self, now: float) -> tuple[Key | None, float | None]:
        """Return the queue whose turn it is, or None and how long to wait for a batch to fill up."""
        if not self._hurried and (urgent := self._urgent(now)):
            self._hurried = True
            return urgent, None
        waits = []
        for key, queue in sorted(self._queues.items(), key=lambda item: item[1][0].turn):
            held = queue[0].submitted + self._delay - now
            if held <= 0 or not self._expected or self._is_full(key, queue):
                self._hurried = False
                return key, None
            waits.append(held)
        return None, min(waits, default=None)

    def _is_full(self, key: Key, queue: deque[Job]) -> bool:
        largest = largest_batch(key[2], available=2**30)
        return sum(job.left for job in itertools.islice(queue, largest)) >= largest

    def _urgent(self, now: float) -> Key | None:
        """Return the queue of the job that is closest to missing its deadline, its job in front, if one is in danger.

        Jobs of one unit are not looked at: their turn comes soon enough, or never would have.
        """
        jobs = [(key, job) for key, queue in self._queues.items() for job in queue if job.work.count > 1]
        slack = {job: job.deadline - now - HASTE * self._pace.seconds(job.left * job.unit_cost) for _, job in jobs}
        late = [(key, job) for key, job in jobs if slack[job] < 0]
        if not late:
            return None
        key, job = min(late, key=lambda each: slack[each[1]])
        self._queues[key].remove(job)
        self._queues[key].appendleft(job)
        return key

    def _take(self, key: Key) -> list[Unit]:
        """Take one unit of each job of a queue in turn until the batch is full."""
        queue = self._queues[key]
        batch: list[Unit] = []
        size = largest_batch(key[2], available=sum(job.left for job in queue))
        while len(batch) < size:
            job = queue.popleft()
            job.started = job.started or time.monotonic()
            batch.append((job, job.taken))
            job.taken += 1
            job.running += 1
            if job.left:
                self._enqueue(job)
        if not queue:
            del self._queues[key]
        return batch

    def _finish(self, batch: Sequence[Unit], error: BaseException | None) -> None:
        first = batch[0][0]
        with self._changed:
            now = time.monotonic()
            cost = first.unit_cost
            self._pace.add(0.0 if error else cost * len(batch), now - self._since)
            self._since = now
            self._running -= 1
            self._batches[first.engine.card.reference, first.function, len(batch)] += 1
            for job, _ in batch:
                job.running -= 1
                job.ledger.work = max(job.ledger.work - cost, 0.0)
        self._wake({job for job, _ in batch}, error)

    def _wake(self, jobs: set[Job], error: BaseException | None) -> None:
        """Tell the requests whose work is done or has failed, unless Ctrl-C has closed their loop meanwhile."""
        for job in jobs if error else ():
            self._drop(job)
        over = [job for job in jobs if error or not (job.left or job.running)]
        for loop in {job.loop for job in over}:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_finish_all, [job for job in over if job.loop is loop], error)


def _finish_all(jobs: Sequence[Job], error: BaseException | None) -> None:
    for job in jobs:
        job.finish(error)


def _execute(batch: Sequence[Unit]) -> BaseException | None:
    """Run one batch and hand the results to their jobs; return what went wrong, which is theirs to report."""
    first = batch[0][0]
    try:
        feeds = [job.work.feed(unit) for job, unit in batch]
        values = getattr(first.engine, first.function)(_stacked(feeds))
        for (job, unit), value in zip(batch, values, strict=True):
            if not job.dropped:
                job.work.accept(unit, value)
    except Exception as error:  # noqa: BLE001  a lane outlives any batch; the requests in it raise the error
        return error
    return None


def _stacked(feeds: Sequence[Feed]) -> Feed:
    if len(feeds) == 1:
        return {name: value[None] for name, value in feeds[0].items()}
    return {name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]}
