"""SIGKILL under load, and the next start: how long until the service is ready again."""

import asyncio
import statistics

from benchmarks.client import Client
from benchmarks.effort import Effort
from benchmarks.pictures import squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import Server, running

TITLE = "SIGKILL and restart"
IN_FLIGHT = 4
WITHIN_S = 60


def measure(effort: Effort) -> Section:
    """Kill a server with pictures in flight, then start another; some times."""
    seconds = []
    with running() as server:
        asyncio.run(_kill(server))
    for _ in range(effort.of(3, 1)):
        with running() as server:
            seconds.append(server.wait_for("/health/ready"))
            asyncio.run(_kill(server))
    median = statistics.median(seconds)
    return Section(
        TITLE,
        f"Killed with {IN_FLIGHT} pictures in flight and started again at once, with the default models.",
        [Table(["restart", *(str(n + 1) for n in range(len(seconds)))], [["ready", *(f"{s:.1f} s" for s in seconds)]])],
        [Requirement("It is ready again", f"after {median:.1f} s (median)", median <= WITHIN_S)],
    )


async def _kill(server: Server) -> None:
    client = Client(server.port, WITHIN_S)
    asked = [asyncio.create_task(client.ask(request)) for request in squares().requests[:IN_FLIGHT]]
    await asyncio.sleep(0.2)
    server.process.kill()
    await asyncio.gather(*asked)
    await asyncio.to_thread(server.process.wait)
