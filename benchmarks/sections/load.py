"""Throughput, latency and memory against the number of clients, from digits to scans."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.effort import Effort
from benchmarks.loads import Run, bounded, run_closed
from benchmarks.pictures import Uploads, check_answer, digits, large, squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import Server, running

TITLE = "Load"
LIMITS = {"max_pixels": 120_000_000, "max_body_bytes": 400_000_000}
"""Settings with which 100 megapixels are let in."""
TIMEOUT_S = 600
STAGES = ("decode", "queue", "infer", "encode")


@dataclass(frozen=True)
class Level:
    """Pictures of one size, for so many clients each; `per_client` requests, `at_least` in all, `seconds` at most."""

    uploads: Uploads
    clients: Sequence[int]
    per_client: int
    at_least: int
    seconds: float


def measure(effort: Effort) -> Section:
    """Measure every size with a server of its own, so that the memory of one does not count for the next."""
    rows, stages, failed = [], [], 0
    for level in _levels(effort):
        with running(settings=LIMITS) as server:
            check_answer(level.uploads.files[0], server.post(level.uploads.path, level.uploads.files[0], TIMEOUT_S))
            for clients in level.clients:
                server.reset_peak()
                run = _run(server, level, clients)
                rows.append(_row(level, clients, run, server.peak_rss()))
                stages.append(_stages(level, clients, run))
                failed += run.failed
    header = [
        "picture",
        "clients",
        "requests/s",
        "MP/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "peak RSS",
        "requests",
        "failed",
    ]
    return Section(
        TITLE,
        "Each client sends its next request when it has its answer, over a kept connection; raw bodies, PNG up to "
        "512 x 512, JPEG above. 28 x 28 is for `digits-denoise`, the rest for `photo` with the noise level given. The "
        "second table is where the time goes, in ms by the answers' Server-Timing: `decode` and `encode` with the wait "
        "for a thread, `queue` until the first tile is taken, `infer` from there to the last; the rest is HTTP.",
        [Table(header, rows), Table(["picture", "clients", *STAGES, "rest"], stages)],
        [Requirement("Every request is answered with 200", f"{failed} were not", failed == 0)],
    )


def _levels(effort: Effort) -> list[Level]:
    many, few = (1, 2, 4, 8, 32, 64), (1, 2, 4)
    return [
        Level(digits(), effort.of(many, (1, 64)), 4, effort.of(2000, 200), effort.of(30, 10)),
        Level(squares(), effort.of(many, (1, 8)), 2, effort.of(100, 8), effort.of(60, 20)),
        Level(large(*effort.of((3000, 4000), (1500, 2000))), effort.of(few, (2,)), 2, effort.of(4, 2), 180),
        Level(large(*effort.of((10_000, 10_000), (4000, 4000))), (1,), 1, effort.of(2, 1), 300),
    ]


def _run(server: Server, level: Level, clients: int) -> Run:
    count = max(level.at_least, level.per_client * clients)
    return run_closed(server.port, bounded(level.uploads.requests, count, level.seconds), clients, TIMEOUT_S)


def _stages(level: Level, clients: int, run: Run) -> list[str]:
    found = run.stages()
    mean = 1000 * sum(answer.seconds for answer in run.accepted) / max(len(run.accepted), 1)
    told = [found.get(stage, 0.0) for stage in STAGES]
    return [level.uploads.name, str(clients), *(f"{each:.1f}" for each in (*told, mean - sum(told)))]


def _row(level: Level, clients: int, run: Run, peak: float) -> list[str]:
    return [
        level.uploads.name,
        str(clients),
        f"{run.rate:.2f}",
        f"{run.rate * level.uploads.megapixels:.2f}",
        *(f"{run.milliseconds(percentile):.0f}" for percentile in (50, 95, 99)),
        f"{peak:.0f} MB",
        str(len(run.answers)),
        str(run.failed),
    ]
