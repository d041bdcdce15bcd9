"""The same network served by others, in turns with us; and our service with no network at all."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.effort import Effort
from benchmarks.loads import Run, bounded, run_closed
from benchmarks.pictures import Uploads, check_answer, digits, squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import LIMPID, running

TITLE = "Peers"
US = "Limpid"
NOTHING = "Limpid, an engine that does nothing"
AT_LEAST = 1.0
"""Requests a second, ours over the best peer's."""
OF_NOTHING = 0.7
"""Requests a second, with the network over without."""


@dataclass(frozen=True)
class Contestant:
    """A server: its command, and where it says that it is ready."""

    name: str
    command: Sequence[str]
    ready: str = "/health"


@dataclass(frozen=True)
class Contest:
    """Pictures that all contestants get from so many clients; `requests` in a round, `seconds` at most."""

    uploads: Uploads
    clients: int
    requests: int
    seconds: float
    contestants: Sequence[Contestant]


def measure(effort: Effort) -> Section:
    """Run the contests; the median of the rounds counts."""
    rows, requirements = [], []
    for contest in _contests(effort):
        runs = _rounds(contest, effort.of(3, 1))
        rates = {name: statistics.median(run.rate for run in each) for name, each in runs.items()}
        for name, each in runs.items():
            p95 = statistics.median(run.milliseconds(95) for run in each)
            failed = sum(run.failed for run in each)
            cells = [f"{rates[name]:.1f}", f"{p95:.0f}", f"{rates[US] / rates[name]:.2f}", str(failed)]
            rows.append([contest.uploads.name, str(contest.clients), name, *cells])
        requirements.append(_requirement(contest, rates))
        if NOTHING in rates:
            share = rates[US] / rates[NOTHING]
            demand = f"{contest.uploads.name}: at least {OF_NOTHING} of what the service does without its network"
            requirements.append(Requirement(demand, f"{share:.2f}", share >= OF_NOTHING))
    header = ["picture", "clients", "server", "requests/s", "p95 ms", "Limpid is faster by", "failed"]
    return Section(
        TITLE,
        "One server at a time, in turns, each warmed, on the same cores with the same network in the same precision, "
        "noise level given, PNG as raw bodies; the peers compress PNG as lightly as Pillow can (level 1) and keep no "
        "access log. LitServe has dynamic batching, its ZeroMQ queue, and one worker with all cores or one for each "
        "core. The FastAPI route is a plain function in Starlette's threads that calls the compiled network.",
        [Table(header, rows)],
        requirements,
    )


def _contests(effort: Effort) -> list[Contest]:
    requests, seconds = effort.of((96, 2000), (16, 200)), effort.of(60, 20)
    ours = Contestant(US, LIMPID, "/health/ready")
    nothing = Contestant(NOTHING, ["-m", "benchmarks.peers.nothing"], "/health/ready")
    return [
        Contest(squares(), 8, requests[0], seconds, [ours, *_peers("photo", 512, batch=4)]),
        Contest(digits(), 64, requests[1], seconds, [ours, *_peers("digits-denoise", 28, batch=32), nothing]),
    ]


def _peers(model: str, side: int, batch: int) -> list[Contestant]:
    network = [model, str(side)]
    litserve = ["-m", "benchmarks.peers.with_litserve", *network, "--batch", str(batch)]
    return [
        Contestant("LitServe, 1 worker", [*litserve, "--workers", "1"]),
        Contestant("LitServe, 2 workers", [*litserve, "--workers", "2"]),
        Contestant("FastAPI route", ["-m", "benchmarks.peers.with_fastapi", *network]),
    ]


def _rounds(contest: Contest, rounds: int) -> dict[str, list[Run]]:
    runs = defaultdict(list)
    for _ in range(rounds):
        for contestant in contest.contestants:
            runs[contestant.name].append(_run(contest, contestant))
    return runs


def _run(contest: Contest, contestant: Contestant) -> Run:
    uploads, clients = contest.uploads, contest.clients
    with running(contestant.command, ready=contestant.ready) as server:
        answer = server.post(uploads.path, uploads.files[0])
        if contestant.name != NOTHING:
            check_answer(uploads.files[0], answer)
        run_closed(server.port, bounded(uploads.requests, 2 * clients, contest.seconds), clients)
        return run_closed(server.port, bounded(uploads.requests, contest.requests, contest.seconds), clients)


def _requirement(contest: Contest, rates: dict[str, float]) -> Requirement:
    best = max(rate for name, rate in rates.items() if name not in {US, NOTHING})
    ratio = rates[US] / best
    demand = f"{contest.uploads.name}, {contest.clients} clients: at least {AT_LEAST:g} of the best peer's requests"
    return Requirement(demand, f"{ratio:.2f}", ratio >= AT_LEAST)
