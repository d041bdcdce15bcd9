"""Four times as many requests as the service can do: what is refused, how fast, and what is left afterwards."""

import itertools
import time

from app.deadline import seconds_for
from benchmarks.effort import Effort
from benchmarks.loads import Run, bounded, measured, open_loop, run_closed
from benchmarks.pictures import squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import running

TITLE = "Overload"
FACTOR = 4
CLIENTS = 8
BUSY = 429
PAUSE_S = 5
TIMEOUT_S = 120
REFUSED_WITHIN_MS = 50
THROUGHPUT_KEPT = 0.9
MORE_MB = 100


def measure(effort: Effort) -> Section:
    """Measure the capacity, then ask for too much, then wait."""
    requests, seconds = squares().requests, effort.of(60, 8)
    with running() as server:
        run_closed(server.port, bounded(requests, 2 * CLIENTS, 60), CLIENTS)
        capacity = run_closed(server.port, bounded(requests, effort.of(160, 16), 60), CLIENTS).rate
        before = server.rss()
        server.reset_peak()
        run = measured(
            server.port,
            TIMEOUT_S,
            lambda client: open_loop(client, itertools.cycle(requests), FACTOR * capacity, seconds),
        )
        peak = server.peak_rss()
        time.sleep(PAUSE_S)
        after = server.rss()
    return Section(
        TITLE,
        f"512 x 512 PNG, `photo`: {FACTOR} times the capacity ({capacity:.2f} requests/s with {CLIENTS} clients) for "
        f"{seconds} s, whatever comes back.",
        [_table(run, capacity), Table(["RSS before", "peak", f"{PAUSE_S} s after"], [_megabytes(before, peak, after)])],
        _requirements(run, capacity, before, after),
    )


def _table(run: Run, capacity: float) -> Table:
    rows = [
        ["answers by status (0: none within the time)", ", ".join(f"{key}: {n}" for key, n in run.statuses().items())],
        [f"median latency of {BUSY}", f"{run.milliseconds(50, BUSY):.1f} ms"],
        ["p50 and p99 of the accepted", f"{run.milliseconds(50):.0f} and {run.milliseconds(99):.0f} ms"],
        ["accepted, of the capacity", f"{run.rate:.2f} requests/s, {run.rate / capacity:.2f}"],
    ]
    return Table(["what", "found"], rows)


def _megabytes(*values: float) -> list[str]:
    return [f"{value:.0f} MB" for value in values]


def _requirements(run: Run, capacity: float, before: float, after: float) -> list[Requirement]:
    others = {status: count for status, count in run.statuses().items() if status not in {200, BUSY}}
    refused, deadline = run.milliseconds(50, BUSY), seconds_for(round(squares().megapixels * 1e6), None)
    return [
        Requirement(f"Nothing but 200 and {BUSY} is answered", f"others: {others or 'none'}", not others),
        Requirement(
            f"Refused within {REFUSED_WITHIN_MS} ms (median)", f"{refused:.1f} ms", refused <= REFUSED_WITHIN_MS
        ),
        Requirement(
            f"At least {THROUGHPUT_KEPT:g} of the capacity is served",
            f"{run.rate / capacity:.2f}",
            run.rate >= THROUGHPUT_KEPT * capacity,
        ),
        Requirement(
            f"RSS afterwards is at most {MORE_MB} MB over that before",
            f"{after - before:+.0f} MB",
            after <= before + MORE_MB,
        ),
        Requirement(
            "p99 of the accepted is within their deadline",
            f"{run.milliseconds(99) / 1000:.1f} s of {deadline:.1f} s",
            run.milliseconds(99) <= 1000 * deadline,
        ),
    ]
