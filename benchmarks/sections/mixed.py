"""A scan of 100 megapixels beside photographs of 512 x 512: fairness, memory, and what tiles cost."""

import asyncio
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.batching import largest_batch
from app.settings import Settings
from benchmarks import bare
from benchmarks.client import Answer, Client
from benchmarks.effort import Effort
from benchmarks.loads import Run, bounded, closed_loop, measured, run_closed
from benchmarks.pictures import Uploads, check_answer, large, squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.sections.load import LIMITS
from benchmarks.server import Server, running
from models.card import Input
from models.store import BUNDLED, newest, verify
from models.tiles import Grid

TITLE = "Mixed"
CLIENTS = 4
SLOWER = 2
"""How many times its p95 alone a photograph may take beside the scan, and one batch on top."""
MOST_MB = 1500
OF_UNTILED = 0.7
TIMEOUT_S = 600
HEAD_START_S = 1.0
_INFER = re.compile(r"infer;dur=([\d.]+)")


@dataclass(frozen=True)
class Scan:
    """The large picture on its own: its answer, and the memory in MB before, and at most meanwhile."""

    answer: Answer
    idle: float
    peak: float

    @property
    def infer_seconds(self) -> float:
        """The seconds in the network, as the service says; NaN where it does not."""
        found = _INFER.search(self.answer.timing)
        return float(found.group(1)) / 1000 if found else float("nan")


@dataclass(frozen=True)
class Beside:
    """Photographs while the large picture is in flight; its own answer is the last."""

    small: Run
    big: Answer
    peak: float


def measure(effort: Effort) -> Section:
    """Measure both alone, then together."""
    side, count = effort.of((10_000, 200), (4000, 16))
    scan = large(side, side)
    spec = verify(newest(BUNDLED, "photo")).card.input
    tile, batch = _tile(side, spec)
    one_batch = bare.measure("limpid", "auto", [tile], effort.of(20, 4), batch)[0].seconds
    untiled = bare.measure("limpid", "auto", [1024], effort.of(10, 3))[0].megapixels_per_second
    with running(settings=LIMITS) as server:
        check_answer(squares().files[0], server.post(squares().path, squares().files[0]))
        alone = run_closed(server.port, bounded(squares().requests, count, 120), CLIENTS, TIMEOUT_S)
        big = _scan(server, scan)
        beside = _beside(server, scan)
    allowed = SLOWER * alone.milliseconds(95) + 1000 * one_batch
    peak, useful = max(big.peak, beside.peak) - big.idle, scan.megapixels / big.infer_seconds / untiled
    statuses = {big.answer.status, beside.big.status, *alone.statuses(), *beside.small.statuses()}
    return Section(
        TITLE,
        f"One picture of {scan.name} (JPEG, {len(scan.files[0]) / 1e6:.0f} MB) and {CLIENTS} clients with 512 x 512, "
        "`photo`, the limits raised. Photographs count that were both asked and answered while the scan was in flight.",
        [
            _fairness(alone, beside),
            _scanning(scan, big, untiled, halo_waste(side, spec)),
        ],
        [
            Requirement(
                f"p95 of 512 x 512 beside the scan is at most {SLOWER} times that alone and one batch",
                f"{beside.small.milliseconds(95):.0f} ms of {allowed:.0f} ms",
                beside.small.milliseconds(95) <= allowed,
            ),
            Requirement(f"Peak RSS is at most {MOST_MB} MB over idle", f"{peak:.0f} MB", peak <= MOST_MB),
            Requirement(
                f"Useful megapixels a second are at least {OF_UNTILED} of those of 1 MP untiled",
                f"{useful:.2f}",
                useful >= OF_UNTILED,
            ),
            Requirement("Every request is answered with 200", f"statuses {sorted(statuses)}", statuses == {200}),
        ],
        [f"A batch is {batch} x {tile} x {tile} pixels: {1000 * one_batch:.0f} ms in the bare engine."],
    )


def halo_waste(side: int, spec: Input) -> float:
    """Return the pixels that a network computes for a square picture over those that the picture has."""
    grid = Grid(side, side, Settings().tile, spec.halo, spec.multiple)
    return grid.count * grid.shape[0] * grid.shape[1] / side**2


def _tile(side: int, spec: Input) -> tuple[int, int]:
    """Return the side of the tiles of a square picture, and how many go into a batch."""
    shape = Grid(side, side, Settings().tile, spec.halo, spec.multiple).shape
    return shape[0], largest_batch(shape, available=2**20)


def _scan(server: Server, scan: Uploads) -> Scan:
    idle = server.rss()
    server.reset_peak()
    run = run_closed(server.port, iter(scan.requests), 1, TIMEOUT_S)
    return Scan(run.answers[0], idle, server.peak_rss())


def _beside(server: Server, scan: Uploads) -> Beside:
    server.reset_peak()
    photographs = squares().requests

    async def load(client: Client) -> list[Answer]:
        big = asyncio.create_task(client.ask(scan.requests[0]))
        await asyncio.sleep(HEAD_START_S)
        answers = await closed_loop(client, _until(big, itertools.cycle(photographs)), CLIENTS)
        return [*answers, await big]

    run = measured(server.port, TIMEOUT_S, load)
    *answers, big = run.answers
    ended = big.asked + big.seconds
    within = [answer for answer in answers if answer.asked + answer.seconds <= ended]
    return Beside(Run(within, ended - big.asked - HEAD_START_S, run.client_cpu), big, server.peak_rss())


def _until(ending: asyncio.Task[Answer], requests: Iterator[bytes]) -> Iterator[bytes]:
    return itertools.takewhile(lambda _: not ending.done(), requests)


def _fairness(alone: Run, beside: Beside) -> Table:
    def row(name: str, run: Run) -> list[str]:
        return [name, str(len(run.answers)), f"{run.rate:.2f}", *(f"{run.milliseconds(q):.0f}" for q in (50, 95))]

    rows = [row("alone", alone), row("beside the scan", beside.small)]
    return Table([f"512 x 512, {CLIENTS} clients", "requests", "requests/s", "p50 ms", "p95 ms"], rows)


def _scanning(scan: Uploads, big: Scan, untiled: float, waste: float) -> Table:
    useful = scan.megapixels / big.infer_seconds
    rows = [
        ["whole request", f"{big.answer.seconds:.1f} s, {scan.megapixels / big.answer.seconds:.2f} MP/s"],
        ["in the network", f"{big.infer_seconds:.1f} s, {useful:.2f} useful MP/s"],
        ["bare engine, 1024 x 1024 untiled", f"{untiled:.2f} MP/s; the scan reaches {useful / untiled:.2f} of it"],
        ["computed / useful pixels (halo)", f"{waste:.3f}"],
        [
            "peak RSS over idle",
            f"{big.peak - big.idle:.0f} MB, {(big.peak - big.idle) / scan.megapixels:.1f} bytes a pixel",
        ],
    ]
    return Table([f"{scan.name} alone", ""], rows)
