"""The service under attack: a process of its own with small limits, and its memory, children included."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.server import LIMPID, Server, running
from tests.fuzz.limits import DEADLINE_S, MAX_FRAMES, MAX_PIXELS

Engine = Literal["fast", "real"]

_COMMANDS: dict[Engine, tuple[str, ...]] = {"fast": ("-m", "tests.fuzz.fast"), "real": LIMPID}
_SETTINGS = {"max_pixels": MAX_PIXELS, "max_frames": MAX_FRAMES, "deadline_s": DEADLINE_S}
_TRACEBACK = re.compile(r"^ *Traceback ", re.MULTILINE)
_DECODER_FAILURE = re.compile(r"a file (?:made its decoder fail|ended the process that decoded it)")


class Memory(NamedTuple):
    """Resident memory in MB (10^6 bytes): of the service, of its children together, and the most that one ever had."""

    service: float
    children: float
    largest_child: float

    @property
    def all(self) -> float:
        return self.service + self.children


@dataclass
class Target:
    """A running service, and the children that it was ever seen with."""

    server: Server
    children: set[int]

    @property
    def alive(self) -> bool:
        return self.server.process.poll() is None

    @property
    def log(self) -> str:
        return self.server.log.read_text(errors="replace")

    @property
    def tracebacks(self) -> int:
        """How many errors nobody had expected are in its log; those that a decoding process reports stand in a line."""
        return len(_TRACEBACK.findall(self.log))

    @property
    def decoder_failures(self) -> int:
        """How often a decoder failed, or died, in a way that only the service caught."""
        return len(_DECODER_FAILURE.findall(self.log))

    def memory(self) -> Memory:
        """Return what is resident now. Linux only."""
        children = set(_descendants(self.server.process.pid))
        self.children |= children
        resident = [_megabytes(child) for child in children]
        return Memory(
            _megabytes(self.server.process.pid)[0],
            sum(now for now, _ in resident),
            max((peak for _, peak in resident), default=0.0),
        )


@contextmanager
def attacked(engine: Engine) -> Iterator[Target]:
    """Start a service with small limits and yield it once it is ready; it ends with the block."""
    with running(_COMMANDS[engine], settings=_SETTINGS) as server:
        yield Target(server, set())


def _descendants(pid: int) -> Iterator[int]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    waiting = [pid]
    while waiting:
        found = parents.get(waiting.pop(), [])
        waiting += found
        yield from found


def _megabytes(pid: int) -> tuple[float, float]:
    """Return the resident memory now and at its peak; zeros for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    fields = dict(line.split(":", 1) for line in lines)
    now, peak = (int(fields.get(name, "0").split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return now, peak
