"""Thousands of pictures of hundreds of sizes, and clients that hang up: does memory grow, does anything stay behind?"""

import asyncio
import json
import statistics
import urllib.request

from benchmarks.client import HOST, Answer, Client
from benchmarks.effort import Effort
from benchmarks.loads import Run, bounded, measured, run_closed
from benchmarks.pictures import Uploads, small, squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import Server, running

TITLE = "Growth"
SIZES = 200
CLIENTS = 8
ABANDONING = 100
LONGEST_PATIENCE_S = 0.5
MORE_MB = 50
AS_FAST = 3
"""How many times as long as usual the first request after the hang-ups may take: what runs then is not stopped."""


def measure(effort: Effort) -> Section:
    """Measure memory after a tenth of the requests and after all; then hang up and ask again."""
    first, rest = effort.of((500, 4500), (40, 120))
    uploads = small(SIZES)
    with running() as server:
        _send(server, uploads, first)
        early, traces_before = server.rss(), traces(server)
        run = _send(server, uploads, rest)
        late, traces_after = server.rss(), traces(server)
        usual = statistics.median(_one(server) for _ in range(5))
        _hang_up(server)
        afterwards = _one(server)
        left = server.rss()
    rows = [
        [f"RSS after {first} requests", f"{early:.0f} MB"],
        [f"RSS after {first + rest}", f"{late:.0f} MB"],
        ["requests/s", f"{run.rate:.1f}"],
        ["a 512 x 512, before any hang-up", f"{1000 * usual:.0f} ms"],
        [f"the same, right after {ABANDONING} hang-ups", f"{1000 * afterwards:.0f} ms"],
        ["RSS then", f"{left:.0f} MB"],
    ]
    return Section(
        TITLE,
        f"{first + rest} requests of {SIZES} sizes, sides 16 to 256, gray and colour, {CLIENTS} clients; then "
        f"{ABANDONING} clients that hang up, half of them in the middle of their upload and half during the answer.",
        [Table(["what", "found"], rows)],
        [
            Requirement(
                f"RSS after the last is at most {MORE_MB} MB over that after the first {first}",
                f"{late - early:+.0f} MB",
                late <= early + MORE_MB,
            ),
            Requirement(
                "No network is traced again", f"{traces_before}, {traces_after}", traces_before == traces_after
            ),
            Requirement("Every request is answered with 200", f"{run.failed} were not", run.failed == 0),
            Requirement(
                f"After the hang-ups a request takes at most {AS_FAST} times as long",
                f"{afterwards / usual:.2f}",
                afterwards <= AS_FAST * usual,
            ),
        ],
    )


def traces(server: Server) -> int:
    """Return how often the server's TensorFlow has traced a network."""
    with urllib.request.urlopen(f"http://{HOST}:{server.port}/models", timeout=60) as answer:
        return sum(card["traces"] for card in json.load(answer)["models"])


def _send(server: Server, uploads: Uploads, count: int) -> Run:
    return run_closed(server.port, bounded(uploads.requests, count, 600), CLIENTS)


def _one(server: Server) -> float:
    """Return the seconds of one ordinary request. Raises RuntimeError where it fails."""
    run = run_closed(server.port, bounded(squares().requests, 1, 60), 1)
    if run.failed:
        raise RuntimeError(f"a plain request was not answered: {run.statuses()}")
    return run.answers[0].seconds


def _hang_up(server: Server) -> None:
    """Break off requests: every second one in its upload, the others at some moment of the work for them."""
    requests = squares().requests

    async def load(client: Client) -> list[Answer]:
        async with asyncio.TaskGroup() as group:
            for number in range(ABANDONING):
                request = requests[number % len(requests)]
                sent = request if number % 2 else request[: len(request) // 2]
                group.create_task(client.abandon(sent, LONGEST_PATIENCE_S * number / ABANDONING))
        return []

    measured(server.port, 60, load)
