"""Reloads that alternate two versions of two models under load: failures, mistaken pixels, memory."""

import json
import signal
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.client import HOST
from benchmarks.effort import Effort
from benchmarks.lifecycle.traffic import CLIENTS, Expected, Traffic, at_rest, distance
from benchmarks.lifecycle.versions import NAMES, Versions
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import Server, running

TITLE = "Reloads"
WITHIN_S = 180
SETTLED_S = 6.0
"""After a reload, until memory is looked at: the old version's last requests end, and malloc is trimmed."""
USUAL = 3
"""From which reload on memory is to stay as it is: the first ones fill caches."""
GROWTH_MB = 5.0


def measure(effort: Effort) -> Section:
    """Learn what each version answers at rest; then reload under load, over and over."""
    count = effort.of(20, 4)
    with tempfile.TemporaryDirectory() as folder:
        versions = Versions(Path(folder))
        settings = {"artifacts_dir": versions.directory, "models": ",".join(NAMES)}
        with running(settings=settings) as server:
            expected = at_rest(server.port)
            reload(server, versions)
            expected |= at_rest(server.port)
            reload(server, versions)
            traffic = Traffic(server.port, expected)
            traffic.start()
            try:
                seconds, memory = _reload_all(server, versions, count)
            finally:
                outcome = traffic.stop()
    each = [now - before for before, now in zip(memory[USUAL - 1 :], memory[USUAL:], strict=False)]
    mean = sum(each) / len(each)
    numbers = [str(number + 1) for number in range(count)]
    rows = [
        ["seconds until the new versions serve", *(f"{value:.1f}" for value in seconds)],
        ["RSS afterwards, MB", *(f"{value:.0f}" for value in memory)],
    ]
    return Section(
        TITLE,
        f"Two versions of {' and '.join(NAMES)}, the second with a weaker last convolution, {CLIENTS} clients with "
        f"small photographs and digits. Before each of the {count} reloads (SIGHUP) the second versions are added to "
        "the artifacts directory or taken away.",
        [Table(["reload", *numbers], rows)],
        [
            Requirement("No request fails", f"{outcome.failed} of {outcome.statuses.total()}", outcome.failed == 0),
            Requirement(
                "Each answer's pixels are those of the version in its X-Model",
                f"{outcome.mistaken} are not; the farthest is {outcome.farthest:.2f} levels away on average, while the "
                f"versions are {_apart(expected):.1f} or more apart",
                outcome.mistaken == 0,
            ),
            Requirement(
                "All versions answered", str(dict(sorted(outcome.versions.items()))), len(outcome.versions) == 4
            ),
            Requirement(
                f"After the third, a reload leaves at most {GROWTH_MB:.0f} MB",
                f"{mean:+.1f} MB each on average, from {memory[USUAL - 1]:.0f} to {memory[-1]:.0f} MB",
                mean <= GROWTH_MB,
            ),
        ],
    )


def reload(server: Server, versions: Versions) -> float:
    """Exchange the versions and return the seconds until the service serves them all."""
    versions.turn()
    started = time.perf_counter()
    server.process.send_signal(signal.SIGHUP)
    while time.perf_counter() - started < WITHIN_S:
        if _served(server) == versions.served:
            return time.perf_counter() - started
        time.sleep(0.1)
    raise RuntimeError(f"not reloaded; the log ends with:\n{server.log.read_text()[-2000:]}")


def _reload_all(server: Server, versions: Versions, count: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each reload and the memory after it."""
    seconds, memory = [], []
    for _ in range(count):
        seconds.append(reload(server, versions))
        time.sleep(SETTLED_S)
        memory.append(server.rss())
    return seconds, memory


def _served(server: Server) -> list[str]:
    with urllib.request.urlopen(f"http://{HOST}:{server.port}/models", timeout=60) as answer:
        return [f"{card['name']}@{card['version']}" for card in json.load(answer)["models"]]


def _apart(expected: Expected) -> float:
    """Return how far the two versions of the picture are apart for which they differ least."""
    answers: dict[int, list[str]] = {}
    for number, version in expected:
        answers.setdefault(number, []).append(version)
    return min(distance(expected[number, one], expected[number, other]) for number, (one, other) in answers.items())
