"""What a soak found, for docs/soak.md."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.machine import machine, occasion
from benchmarks.report import Requirement, Section, Table, write
from tests.soak.load import CLIENTS
from tests.soak.traffic import HOSTILE_SHARE
from tests.soak.watch import Watch

TITLE = "Soak"
MORE_MB = 30
EARLY, LATE = (5 / 30, 15 / 30), (20 / 30, 1.0)
"""Parts of the run that are compared: of half an hour, minutes 5 to 15 and the last ten."""
_ROWS = 10
_PREFACE = """# Soak

Written by `make soak`: do not edit. Hours in small: does anything grow, stay behind or go wrong under mixed requests?

{machine}"""


@dataclass(frozen=True)
class Outcome:
    """A run that is over. `traces` are those of all models before and after; memory is in MB."""

    watch: Watch
    minutes: float
    seed: int
    traces: tuple[int, int]
    tracebacks: int
    died: bool
    status: int

    @property
    def early_mb(self) -> float:
        """The most memory in the time that sets the mark."""
        return self.watch.highest(*(60 * self.minutes * part for part in EARLY))

    @property
    def late_mb(self) -> float:
        """The most memory at the end."""
        return self.watch.highest(*(60 * self.minutes * part for part in LATE))

    def requirements(self) -> list[Requirement]:
        """Return what was demanded, and what came of it."""
        wrong, early, late = self.watch.wrong, self.early_mb, self.late_mb
        return [
            Requirement("no unexpected status, no wrong answer", str(len(wrong)), not wrong),
            Requirement(
                f"the highest RSS of the last third is at most {MORE_MB} MB over that of the second sixth to the half",
                f"{late:.0f} MB after {early:.0f} MB ({late - early:+.0f} MB)",
                late <= early + MORE_MB,
            ),
            Requirement("no network is traced again", "{}, {}".format(*self.traces), self.traces[0] == self.traces[1]),
            Requirement(
                "no end of the process, no traceback in its log; SIGTERM at the end gives 0",
                f"{int(self.died)}, {self.tracebacks}; {self.status}",
                not (self.died or self.tracebacks or self.status),
            ),
        ]

    def section(self) -> Section:
        """Return the report."""
        counts = self.watch.outcomes
        method = (
            f"*Measured {occasion(quick=self.minutes < 30)}.*\n\n{counts.total()} requests in {self.minutes:g} minutes "
            f"from {CLIENTS} clients, each of which asks again as soon as it has its answer, and a monitor that reads "
            f"/metrics, /models and /health/ready every five seconds; seed {self.seed}, default settings. Photographs "
            "of 24 to 1600 pixels a side and some of 12 megapixels, in 17 kinds of file, 8 and 16 bits, animations; "
            f"all endpoints and options; {HOSTILE_SHARE:.0%} hostile files of `make fuzz`. Every answer is decoded and "
            "checked as there; every request that is not hostile must get 200."
        )
        return Section(TITLE, method, [self._answers(), self._memory()], self.requirements())

    def _answers(self) -> Table:
        totals: dict[str, Counter[str]] = {}
        for (kind, outcome), count in sorted(self.watch.outcomes.items()):
            totals.setdefault(kind, Counter())[outcome] += count
        rows = [
            [kind, ", ".join(f"{count} x {outcome}" for outcome, count in found.most_common()), *self._times(kind)]
            for kind, found in totals.items()
        ]
        return Table(["requests", "answers", "p50", "p95", "slowest"], rows)

    def _times(self, kind: str) -> list[str]:
        if kind not in self.watch.seconds:
            return ["", "", ""]
        return [f"{1000 * self.watch.percentile(kind, percent):.0f} ms" for percent in (50, 95, 100)]

    def _memory(self) -> Table:
        """Return the most memory in each tenth of the run."""
        ends = [60 * self.minutes * part / _ROWS for part in range(_ROWS + 1)]
        rows = []
        for since, until in pairwise(ends):
            children = [mb for when, _, mb in self.watch.memory if since <= when < until]
            service = self.watch.highest(since, until)
            rows.append([f"{since / 60:g}-{until / 60:g}", f"{service:.0f} MB", f"{max(children, default=0):.0f} MB"])
        return Table(["minutes", "highest RSS of the service", "of its decoding processes together"], rows)


def save(path: Path, outcome: Outcome) -> None:
    """Write the report."""
    section = outcome.section()
    write(path, _PREFACE.format(machine=machine()), [TITLE], {section.title: section.markdown()})
