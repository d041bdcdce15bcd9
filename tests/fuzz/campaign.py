"""Thousands of inputs against a running service, from several clients at once, and what came of them."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.fuzz.client import Client
from tests.fuzz.inputs import INTACT, Input, drawn
from tests.fuzz.seeds import seeds
from tests.fuzz.server import Memory, Target
from tests.fuzz.verdict import Answer, failures

SAMPLE_S = 0.1
SAMPLES_A_LINE = 100
SLOWEST = 10
MOST_FAILURES = 200
"""After so many the service is broken: to go on would only repeat it."""
GROWTH_LIMIT_MB, CHILD_LIMIT_MB, PEAK_GROWTH_LIMIT_MB = 150, 500, 800
"""How much the service may keep at the end, one child may ever have, and all together may have had, over the start."""


@dataclass(frozen=True)
class Failure:
    """A wrong answer, and where its input was saved."""

    asked: Input
    reasons: list[str]
    note: Path | None = None

    def __str__(self) -> str:
        where = f" [{self.note.name}]" if self.note else ""
        return f"{self.asked.kind} of {self.asked.origin} to {self.asked.path}: {'; '.join(self.reasons)}{where}"


@dataclass
class Record:
    """What a campaign has seen so far."""

    start: Memory
    peak_mb: float = 0.0
    largest_child_mb: float = 0.0
    end: Memory | None = None
    seconds: float = 0.0
    children: int = 0
    died: bool = False
    tracebacks: int = 0
    decoder_failures: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: list[tuple[float, str, str]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        return self.outcomes.total()

    def add(self, asked: Input, answer: Answer) -> None:
        self.outcomes[asked.kind, answer.outcome] += 1
        self.slowest.append((answer.seconds, f"{asked.kind} of {asked.origin}", answer.outcome))
        self.slowest = sorted(self.slowest, reverse=True)[:SLOWEST]

    def measure(self, memory: Memory) -> None:
        self.peak_mb = max(self.peak_mb, memory.all)
        self.largest_child_mb = max(self.largest_child_mb, memory.largest_child)

    def faults(self) -> list[str]:
        """Return what is wrong with the service beyond single answers; empty for a service that stood."""
        found = [f"{len(self.failures)} wrong answers"] if self.failures else []
        if self.died:
            found.append("the service's process ended")
        if self.tracebacks:
            found.append(f"{self.tracebacks} tracebacks in its log")
        if self.end and self.end.service > self.start.service + GROWTH_LIMIT_MB:
            found.append(f"the service kept {self.end.service - self.start.service:.0f} MB more than at its start")
        if self.largest_child_mb > CHILD_LIMIT_MB:
            found.append(f"a child had {self.largest_child_mb:.0f} MB")
        if self.peak_mb > self.start.all + PEAK_GROWTH_LIMIT_MB:
            found.append(f"all processes had {self.peak_mb:.0f} MB together")
        return found


class Campaign:
    """The clients, and what they share. `keep` is where failing inputs go, None: nowhere."""

    def __init__(self, target: Target, *, clients: int = 4, keep: Path | None = None) -> None:
        self._target, self._clients, self._keep = target, clients, keep
        self._lock = threading.Lock()
        self._record = Record(target.memory())

    def run(self, inputs: Iterator[Input], progress: Callable[[Record], None] | None = None) -> Record:
        """Send all inputs and return what was seen. Ends early once the service is dead, or fails all the time."""
        record = self._record
        threads = [threading.Thread(target=self._attack, args=(inputs,)) for _ in range(self._clients)]
        with self._watched(progress):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        record.died = not self._target.alive
        record.tracebacks, record.decoder_failures = self._target.tracebacks, self._target.decoder_failures
        record.children = len(self._target.children)
        record.end = None if record.died else self._target.memory()
        return record

    def _attack(self, inputs: Iterator[Input]) -> None:
        client = Client(self._target.server.port)
        try:
            while self._target.alive and len(self._record.failures) < MOST_FAILURES:
                with self._lock:
                    asked = next(inputs, None)
                if asked is None:
                    return
                self._judge(asked, client.ask(asked))
        finally:
            client.close()

    def _judge(self, asked: Input, answer: Answer) -> None:
        reasons = failures(asked, answer)
        with self._lock:
            self._record.add(asked, answer)
            if reasons:
                note = save(asked, reasons, self._keep) if self._keep else None
                self._record.failures.append(Failure(asked, reasons, note))

    @contextmanager
    def _watched(self, progress: Callable[[Record], None] | None) -> Iterator[None]:
        over, started = threading.Event(), time.monotonic()

        def watch() -> None:
            for sample in itertools.count(1):
                ended = over.wait(SAMPLE_S)
                self._record.seconds = time.monotonic() - started
                if self._target.alive:
                    self._record.measure(self._target.memory())
                if progress and (ended or sample % SAMPLES_A_LINE == 0):
                    progress(self._record)
                if ended:
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


def stream(seed: int, count: int) -> Iterator[Input]:
    """Yield the inputs of a campaign."""
    return (drawn(seed, number) for number in range(count))


def save(asked: Input, reasons: list[str], folder: Path) -> Path:
    """Write a failing input and how it was sent, and return the note for `--replay`."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{len(list(folder.glob('*.json'))):04d}-{'-'.join(asked.kind.split())}"
    (folder / f"{name}.bin").write_bytes(asked.file)
    note = {key: value for key, value in asdict(asked).items() if key not in ("file", "intact")}
    note["statuses"] = None if asked.statuses is None else sorted(asked.statuses)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**note, "failures": reasons}, indent=2) + "\n")
    return path


def load(note: Path) -> Input:
    """Return a saved input."""
    read = json.loads(note.read_text())
    del read["failures"]
    read["statuses"] = None if read["statuses"] is None else frozenset(read["statuses"])
    intact = next((seed for seed in seeds() if read["kind"] == INTACT and seed.name == read["origin"]), None)
    return Input(**read, file=note.with_suffix(".bin").read_bytes(), intact=intact)
