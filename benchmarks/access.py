"""What one key's flood does to another key's requests, with a rate and without: a section of docs/exposing.md.

    python -m benchmarks.access

`--quick` shows that all of it runs: its figures are too few to be quoted, and are not written.
"""

import argparse
import asyncio
import itertools
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Answer, Client
from benchmarks.effort import Effort
from benchmarks.loads import Run, closed_loop, measured, open_loop
from benchmarks.machine import machine, occasion
from benchmarks.pictures import squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import running

REPORT = Path("docs/exposing.md")
TITLE = "One key's flood"
RATE = "2/second"
POLITE_RATE = 1.0
CONNECTIONS = 16
MOST_REQUESTS = 200_000
TIMEOUT_S = 120.0
MOST_TIMES = 2.0
_PLACE = re.compile(r"(<!-- measured -->\n).*?(<!-- end of measured -->)", re.DOTALL)


@dataclass(frozen=True)
class Case:
    """The polite key's run, and what the flooding key was answered meanwhile."""

    name: str
    polite: Run
    flood: Run

    def row(self, alone: Run) -> list[str]:
        refused = self.flood.failed / self.flood.wall
        return [
            self.name,
            f"{len(self.polite.accepted)} of {len(self.polite.answers)}",
            *(f"{self.polite.milliseconds(percentile):.0f}" for percentile in (50, 95)),
            f"{times(self.polite, alone):.2f}",
            f"{self.flood.rate:.1f}",
            f"{refused:.0f}",
        ]


def times(run: Run, alone: Run) -> float:
    """Return the p95 of one run over that of the other."""
    return run.milliseconds(95) / alone.milliseconds(95)


def with_key(requests: Sequence[bytes], key: str) -> list[bytes]:
    """Return the requests with an API key."""
    return [request.replace(b"\r\n\r\n", f"\r\nX-API-Key: {key}\r\n\r\n".encode(), 1) for request in requests]


def measure(effort: Effort) -> Section:
    """Measure a polite key alone, and beside a flooding one with the rate and without."""
    keys = [secrets.token_urlsafe(24) for _ in range(2)]
    polite, flooding = (with_key(squares().requests, key) for key in keys)
    seconds = effort.of(60.0, 15.0)
    cases = []
    for name, rate, flood in (
        ("alone", RATE, []),
        (f"beside a flood, `LIMPID_RATE_LIMIT={RATE}`", RATE, flooding),
        ("beside a flood, no rate", None, flooding),
    ):
        settings = {"api_keys": ",".join(keys), "log_level": "warning", **({"rate_limit": rate} if rate else {})}
        with running(settings=settings) as server:
            cases.append(_case(server.port, name, polite, flood, seconds))
    return _section(*cases)


def _case(port: int, name: str, polite: Sequence[bytes], flood: Sequence[bytes], seconds: float) -> Case:
    """Send the polite requests at their rate, and the flood over its connections for as long as they take."""
    refused: list[Answer] = []

    async def load(client: Client) -> list[Answer]:
        asked = asyncio.create_task(open_loop(client, itertools.cycle(polite), POLITE_RATE, seconds))
        flooding = itertools.islice(itertools.cycle(flood), MOST_REQUESTS)
        refused.extend(
            await closed_loop(client, itertools.takewhile(lambda _: not asked.done(), flooding), CONNECTIONS)
        )
        return await asked

    run = measured(port, TIMEOUT_S, load)
    return Case(name, run, Run(refused, run.wall, run.client_cpu))


def _section(alone: Case, limited: Case, unlimited: Case) -> Section:
    header = ["a polite key", "answered", "p50 ms", "p95 ms", "p95 / alone", "flood: answered/s", "flood: refused/s"]
    found = times(limited.polite, alone.polite)
    return Section(
        TITLE,
        f"A polite key sends a photograph of 512 x 512 every {1 / POLITE_RATE:g} s. Another sends such photographs "
        f"over {CONNECTIONS} connections as fast as it is answered, and heeds no `Retry-After`. Both run on the "
        "service's own cores.",
        [Table(header, [case.row(alone.polite) for case in (alone, limited, unlimited)])],
        [
            Requirement(
                f"With a rate, the polite key's p95 is at most {MOST_TIMES:g} times that alone",
                f"{found:.2f}",
                found <= MOST_TIMES,
            ),
            Requirement(
                "With a rate, every polite request is answered with 200",
                f"{len(limited.polite.accepted)} of {len(limited.polite.answers)}",
                not limited.polite.failed,
            ),
        ],
    )


def write(text: str) -> None:
    """Put `text` into its place in the page."""
    page = REPORT.read_text()
    REPORT.write_text(_PLACE.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page))


def main() -> None:
    """Measure, print, and keep the page up to date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    effort = Effort(parser.parse_args().quick)
    when = occasion(quick=effort.quick)
    text = f"*Measured {when}, on {machine()}.*\n\n{measure(effort).markdown()}"
    print(text)
    if not effort.quick:
        write(text)


if __name__ == "__main__":
    main()
