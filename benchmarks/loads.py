"""Loads on a server, and what they measured: closed loops, where each client waits for its answer, and open ones."""

import asyncio
import itertools
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import uvloop

from benchmarks.client import Answer, Client

OK = 200
_STAGE = re.compile(r"(\w+);dur=([\d.]+)")


@dataclass(frozen=True)
class Run:
    """A load that is over: its answers, the seconds it took, and those that the client was on a core."""

    answers: list[Answer]
    wall: float
    client_cpu: float

    @property
    def accepted(self) -> list[Answer]:
        """The answers with status 200."""
        return [answer for answer in self.answers if answer.status == OK]

    @property
    def failed(self) -> int:
        """The number of the others."""
        return len(self.answers) - len(self.accepted)

    @property
    def rate(self) -> float:
        """Accepted requests per second."""
        return len(self.accepted) / self.wall

    def milliseconds(self, percentile: float, status: int = OK) -> float:
        """Return a percentile of the latencies of the answers with `status`; NaN where there are none."""
        seconds = [answer.seconds for answer in self.answers if answer.status == status]
        return 1000 * float(np.percentile(seconds, percentile)) if seconds else float("nan")

    def stages(self) -> dict[str, float]:
        """Return the mean milliseconds by stage that the accepted answers' Server-Timing headers tell."""
        found = [dict(_STAGE.findall(answer.timing)) for answer in self.accepted]
        names = dict.fromkeys(name for each in found for name in each)
        return {name: float(np.mean([float(each.get(name, 0)) for each in found])) for name in names}

    def statuses(self) -> dict[int, int]:
        """Return how many answers there were of each status; 0 is: none came."""
        return dict(sorted(Counter(answer.status for answer in self.answers).items()))


def bounded(requests: Iterable[bytes], count: int, seconds: float) -> Iterator[bytes]:
    """Yield `requests` over and over, `count` at most and none once `seconds` have passed since the first."""
    ends = None
    for request in itertools.islice(itertools.cycle(requests), count):
        ends = ends or time.perf_counter() + seconds
        if time.perf_counter() > ends:
            return
        yield request


async def closed_loop(client: Client, requests: Iterator[bytes], concurrency: int) -> list[Answer]:
    """Send `requests`, `concurrency` at a time; each sender waits for its answer."""
    answers: list[Answer] = []

    async def send() -> None:
        for request in requests:
            answers.append(await client.ask(request))

    await asyncio.gather(*(send() for _ in range(concurrency)))
    return answers


async def open_loop(client: Client, requests: Iterator[bytes], rate: float, seconds: float) -> list[Answer]:
    """Send `rate` requests a second for `seconds`, whatever comes back, and wait for all answers."""
    started = time.perf_counter()
    asked = []
    for number, request in enumerate(itertools.islice(requests, int(rate * seconds))):
        await asyncio.sleep(started + number / rate - time.perf_counter())
        asked.append(asyncio.create_task(client.ask(request)))
    return list(await asyncio.gather(*asked))


def measured(port: int, timeout_s: float, load: Callable[[Client], Coroutine[Any, Any, list[Answer]]]) -> Run:
    """Run `load` with a client of the server on `port`, whose requests wait `timeout_s` for an answer at most."""

    async def run() -> Run:
        client = Client(port, timeout_s)
        started, cpu = time.perf_counter(), _cpu_seconds()
        answers = await load(client)
        run = Run(answers, time.perf_counter() - started, _cpu_seconds() - cpu)
        client.close()
        return run

    return uvloop.run(run())


def run_closed(port: int, requests: Iterator[bytes], concurrency: int, timeout_s: float = 120) -> Run:
    """Run a closed loop; see `closed_loop`."""
    return measured(port, timeout_s, lambda client: closed_loop(client, requests, concurrency))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
