"""From the start of the process to ready, and where the seconds go."""

import re
import statistics
import subprocess
import sys
from datetime import datetime
from itertools import pairwise

from benchmarks.effort import Effort
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import ROOT, running

TITLE = "Start"
WITHIN_S = 15
IMPORTED = "import app.main, app.engine"
PARTS = {"app.main": "import app.main", "app.engine": "import app.engine", "tensorflow": "of that, TensorFlow"}
_IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+(?P<microseconds>\d+) \|\s+(?P<module>\S+)$", re.MULTILINE)
_LOGGED = re.compile(
    r"^(?P<time>[\d-]+ [\d:]+,\d+) \S+ \S+ (?P<text>loaded \S+|Application startup complete\.)$", re.MULTILINE
)


def measure(effort: Effort) -> Section:
    """Start it some times; then see what its imports take, and the models by the last start's log."""
    live, ready, log = [], [], ""
    for _ in range(effort.of(3, 1)):
        with running(ready="") as server:
            live.append(server.wait_for("/health/live"))
            ready.append(server.wait_for("/health/ready"))
            log = server.log.read_text()
    starts = [["/health/live answers", *_seconds(live)], ["/health/ready answers 200", *_seconds(ready)]]
    median = statistics.median(ready)
    numbers = [str(number + 1) for number in range(len(ready))]
    parts = [[part, f"{seconds:.1f} s"] for part, seconds in _imports().items()]
    return Section(
        TITLE,
        "Seconds from the start of the process; files are in the page cache.",
        [
            Table(["start", *numbers, "median"], starts),
            Table(["part", "time"], [*parts, *_loading(log)]),
        ],
        [Requirement(f"Ready within {WITHIN_S} s (median)", f"{median:.1f} s", median <= WITHIN_S)],
        [
            "Imports are those of `python -X importtime`; app.engine brings Keras and TensorFlow. A model's time is "
            "that since the line of the log before it, so the first one's is with the import of app.engine."
        ],
    )


def _seconds(values: list[float]) -> list[str]:
    return [*(f"{value:.1f} s" for value in values), f"{statistics.median(values):.1f} s"]


def _imports() -> dict[str, float]:
    """Return the seconds that each of `PARTS` takes."""
    command = [sys.executable, "-X", "importtime", "-c", IMPORTED]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=120, check=True)
    found = {match["module"]: int(match["microseconds"]) / 1e6 for match in _IMPORTED.finditer(done.stderr)}
    return {part: found[module] for module, part in PARTS.items()}


def _loading(log: str) -> list[list[str]]:
    """Return what each model took from one line of the log to the next."""
    lines = [
        (datetime.strptime(match["time"], "%Y-%m-%d %H:%M:%S,%f"), match["text"]) for match in _LOGGED.finditer(log)
    ]
    return [
        [f"{text}, warmed", f"{(moment - before).total_seconds():.1f} s"]
        for (before, _), (moment, text) in pairwise(lines)
    ]
