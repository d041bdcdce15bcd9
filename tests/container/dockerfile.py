"""The Dockerfile as instructions."""

import re
from dataclasses import dataclass

from tests.container.compose import ROOT


@dataclass(frozen=True)
class Instruction:
    """Such as COPY; `stage` is its stage's name, empty for the one that is shipped."""

    stage: str
    name: str
    text: str


def instructions() -> list[Instruction]:
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    found, stage = [], ""
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, text = line.partition(" ")
        if name == "FROM":
            stage = text.partition(" AS ")[2]
        found.append(Instruction(stage, name, text.strip()))
    return found


def of(name: str, stage: str | None = None) -> list[str]:
    """Return the texts of the instructions of a name, in all stages or in one."""
    return [each.text for each in instructions() if each.name == name and stage in {None, each.stage}]


def only(name: str) -> str:
    """Return the text of the one instruction of a name in the stage that is shipped."""
    (text,) = of(name, "")
    return text
