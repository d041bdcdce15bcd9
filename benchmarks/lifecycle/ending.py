"""SIGTERM with requests in flight: those that were taken are answered, those that come later are refused."""

import asyncio
import signal
import time

from benchmarks.client import Answer, Client
from benchmarks.effort import Effort
from benchmarks.pictures import squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import Server, running

TITLE = "SIGTERM"
IN_FLIGHT = 16
TAKEN_AFTER_S = 0.5
"""By then all uploads have arrived, and few have been answered."""
LATER_EVERY_S = 0.1
LATER = 600
"""Requests that are sent at most after the signal."""
EXIT_WITHIN_S = 60
NOT_READY = 503


def measure(effort: Effort) -> Section:
    """End some servers, each with pictures in flight and others that keep coming."""
    runs = [_end_one() for _ in range(effort.of(3, 1))]
    rows = [
        [str(number + 1), str(taken), str(later), f"{seconds:.1f} s", str(status)]
        for number, (taken, later, seconds, status) in enumerate(runs)
    ]
    failed = sum(taken.get(status, 0) for taken, _, _, _ in runs for status in taken if status != 200)
    surprising = sum(later.get(0, 0) for _, later, _, _ in runs)
    return Section(
        TITLE,
        f"{IN_FLIGHT} photographs of 512 x 512 at once; {TAKEN_AFTER_S} s later SIGTERM, after which one more picture "
        f"comes every {LATER_EVERY_S} s until the port is closed.",
        [Table(["run", f"answers to the {IN_FLIGHT}", "answers to later ones", "until the exit", "exit status"], rows)],
        [
            Requirement("No accepted request fails", f"{failed} did", failed == 0),
            Requirement("Whoever comes later is told", f"{surprising} connections broke", surprising == 0),
            Requirement("The exit status is 0", str([status for *_, status in runs]), not any(run[3] for run in runs)),
        ],
    )


def _end_one() -> tuple[dict[int, int], dict[int, int], float, int]:
    """Return the statuses of the taken and of the later requests, the seconds until the exit, and its status."""
    with running() as server:
        taken, later, ended = asyncio.run(_send_and_end(server))
        status = server.process.wait(EXIT_WITHIN_S)
        return _counted(taken), _counted(later), time.perf_counter() - ended, status


async def _send_and_end(server: Server) -> tuple[list[Answer], list[Answer], float]:
    requests = squares().requests
    client = Client(server.port, EXIT_WITHIN_S)
    taken = [asyncio.create_task(client.ask(requests[n % len(requests)])) for n in range(IN_FLIGHT)]
    await asyncio.sleep(TAKEN_AFTER_S)
    server.process.send_signal(signal.SIGTERM)
    ended = time.perf_counter()
    later = []
    await asyncio.sleep(LATER_EVERY_S)  # the signal has been seen
    for _ in range(LATER):
        if not await _listens(server):
            break
        later.append(await client.ask(requests[0]))
        await asyncio.sleep(LATER_EVERY_S)
    return list(await asyncio.gather(*taken)), later, ended


async def _listens(server: Server) -> bool:
    """Return whether the port is open."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


def _counted(answers: list[Answer]) -> dict[int, int]:
    statuses = [answer.status for answer in answers]
    return {status: statuses.count(status) for status in sorted(set(statuses))}
