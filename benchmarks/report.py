"""Figures as Markdown: tables, requirements and whether they are met, and the file that holds a section for each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Table:
    """Cells by row; numbers come formatted."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


@dataclass(frozen=True)
class Requirement:
    """What was demanded, what was found, and whether that is enough."""

    demand: str
    found: str
    met: bool

    def markdown(self) -> str:
        return f"- {self.demand}: {self.found}. **{'Met' if self.met else 'Not met'}.**"


@dataclass(frozen=True)
class Section:
    """One benchmark's part of the report: how it was measured, its tables, its requirements, its remarks."""

    title: str
    method: str
    tables: Sequence[Table]
    requirements: Sequence[Requirement] = field(default=())
    remarks: Sequence[str] = field(default=())

    def markdown(self) -> str:
        """Return the section without its heading."""
        parts = [self.method, *(table.markdown() for table in self.tables)]
        points = [*(each.markdown() for each in self.requirements), *(f"- {remark}" for remark in self.remarks)]
        return "\n\n".join([*parts, "\n".join(points)] if points else parts)


def write(path: Path, preface: str, titles: Sequence[str], new: dict[str, str]) -> None:
    """Write the report: `new` texts by title in the order of `titles`; those not measured anew stay as they were."""
    kept = sections_of(path.read_text()) if path.exists() else {}
    texts = {**kept, **new}
    parts = [f"## {title}\n\n{texts[title].strip()}" for title in titles if title in texts]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join([preface.strip(), *parts]) + "\n")


def sections_of(report: str) -> dict[str, str]:
    """Return the texts of a report's sections by title."""
    parts = _HEADING.split(report)[1:]
    return {title: text.strip() for title, text in zip(parts[::2], parts[1::2], strict=True)}
