"""What `limpid denoise` tells while it works: a bar on a terminal, else a line a file."""

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

State = Literal["done", "skipped", "failed"]


class Report:
    """Shown on stderr while it is entered. Failures are always told; `quiet` keeps back all else."""

    def __init__(self, total: int, *, quiet: bool, verbose: bool) -> None:
        self._counts: Counter[State] = Counter()
        self._console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self._lines = not quiet and (verbose or not self._console.is_terminal)
        self._verbose = verbose
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=self._console, disable=quiet or not self._console.is_terminal)
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._bar.stop()

    def done(self, source: Path, target: Path, warnings: str) -> None:
        """Count a picture whose result is written."""
        told = f"  ({warnings})" if warnings and self._verbose else ""
        self._add("done", f"{source} -> {target}{told}" if self._lines else "")

    def skipped(self, source: Path) -> None:
        """Count a picture whose result was there."""
        self._add("skipped", f"skipped {source}" if self._lines and self._verbose else "")

    def failed(self, source: Path, reason: str) -> None:
        """Count a picture that has no result, and say why."""
        self._add("failed", f"failed {source}: {reason}")

    @property
    def failures(self) -> int:
        return self._counts["failed"]

    @property
    def summary(self) -> str:
        """Such as `12 done, 3 skipped, 1 failed`."""
        return f"{self._counts['done']} done, {self._counts['skipped']} skipped, {self._counts['failed']} failed"

    def _add(self, state: State, line: str) -> None:
        self._counts[state] += 1
        if line:
            self._console.print(printable(line), soft_wrap=True)
        self._bar.advance(self._task)


def printable(text: str) -> str:
    """Return text that is one line, can be encoded and leaves the terminal alone: file names may be anything."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
