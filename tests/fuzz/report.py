"""What a campaign found, for the terminal and for docs/fuzzing.md."""

import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from benchmarks.machine import machine, occasion
from benchmarks.report import Requirement, Section, Table, write
from tests.fuzz import schema
from tests.fuzz.campaign import (
    CHILD_LIMIT_MB,
    GROWTH_LIMIT_MB,
    PEAK_GROWTH_LIMIT_MB,
    Record,
)
from tests.fuzz.limits import DEADLINE_S, MAX_FRAMES, MAX_PIXELS, TIME_LIMIT_S
from tests.fuzz.server import Engine

TITLES: dict[Engine, str] = {"fast": "Fast engine", "real": "Real engine"}
_PREFACE = """# Fuzzing

Written by `make fuzz`: do not edit. `make test` runs a small part of the same in under a minute.

Every input comes from a seed and a number, so that a run can be repeated: `python -m tests.fuzz --inputs 2000
--engine fast --seed 0`. A failing input is saved below `runs/fuzz/` with a note on how it was sent;
`python -m tests.fuzz --replay NOTE` sends it again. `tests/fuzz/` begins with valid files of every format and kind
(`seeds.py`), makes them invalid in named ways (`mutations.py`), and adds files that are no pictures (`disguises.py`)
and files that would take gigabytes (`bombs.py`).

An answer is right if it has a status and a code of the contract that a file can meet (no 500, no 503), if a picture
can be decoded, has the format asked for and is within the limits, and if it comes in time. An intact file that the
service reads must be answered with a picture of its size, a bomb whose head says its size with 413.

{machine}. Decoders: {decoders}."""
_DECODERS = ("pillow", "tifffile", "imagecodecs")


def progress(record: Record) -> None:
    """Print how far a campaign is, in one line."""
    memory = f"peak {record.peak_mb:.0f} MB, a child {record.largest_child_mb:.0f} MB"
    print(f"{record.seconds:7.0f} s {record.inputs:7d} inputs, {len(record.failures)} failures, {memory}", flush=True)


def summarise(record: Record) -> None:
    """Print what was seen, failures last."""
    print(_outcomes(record).markdown(), _slowest(record).markdown(), sep="\n\n")
    print(_memory(record))
    for failure in record.failures:
        print(f"FAILED {failure}", file=sys.stderr)
    for fault in record.faults():
        print(f"FAULT {fault}", file=sys.stderr)


def section(record: Record, engine: Engine, *, seed: int, clients: int) -> Section:
    """Return a campaign's part of the report."""
    method = (
        f"*Measured {occasion(quick=False)}.*\n\n{record.inputs} inputs of seed {seed} in {record.seconds:.0f} s from "
        f"{clients} clients at once, against a service with at most {MAX_PIXELS} pixels, {MAX_FRAMES} frames and "
        f"{DEADLINE_S} s for a request. Below: the answers by mutation, and the slowest ones."
    )
    statuses = {outcome for _, outcome in record.outcomes}
    requirements = [
        Requirement("no status outside the contract, no connection lost", ", ".join(sorted(statuses)), _right(record)),
        Requirement("no wrong answer", str(len(record.failures)), not record.failures),
        Requirement(
            f"no answer later than {TIME_LIMIT_S} s",
            f"{record.slowest[0][0]:.1f} s",
            record.slowest[0][0] <= TIME_LIMIT_S,
        ),
        Requirement(
            "no end of the process, no traceback in its log",
            f"{int(record.died)}, {record.tracebacks}",
            not (record.died or record.tracebacks),
        ),
        Requirement(
            f"memory bounded: the service keeps at most {GROWTH_LIMIT_MB} MB more than at its start, no child has more "
            f"than {CHILD_LIMIT_MB} MB, all together never have {PEAK_GROWTH_LIMIT_MB} MB more than at the start",
            _memory(record),
            not any("MB" in fault for fault in record.faults()),
        ),
    ]
    remarks = [
        f"{record.children} decoding processes were seen; {record.decoder_failures} files made one fail or end in a "
        "way that no decoder had foreseen, and were answered as corrupt."
    ]
    return Section(TITLES[engine], method, [_outcomes(record), _slowest(record)], requirements, remarks)


def write_sections(path: Path, new: dict[str, str]) -> None:
    """Put `new` texts by title into the report; the other sections stay."""
    decoders = ", ".join(f"{name} {version(name)}" for name in _DECODERS)
    write(path, _PREFACE.format(machine=machine(), decoders=decoders), [*TITLES.values(), schema.TITLE], new)


def _right(record: Record) -> bool:
    return not any("status" in reason or "lost" in reason for each in record.failures for reason in each.reasons)


def _outcomes(record: Record) -> Table:
    """Return how often each mutation met each answer."""
    kinds = sorted({kind for kind, _ in record.outcomes})
    outcomes = sorted({outcome for _, outcome in record.outcomes})
    totals: Counter[str] = Counter()
    for (_, outcome), count in record.outcomes.items():
        totals[outcome] += count
    rows = [[kind, *(_count(record.outcomes[kind, outcome]) for outcome in outcomes)] for kind in kinds]
    rows.append(["**all**", *(str(totals[outcome]) for outcome in outcomes)])
    return Table(["mutation", *outcomes], rows)


def _count(number: int) -> str:
    return str(number) if number else ""


def _slowest(record: Record) -> Table:
    rows = [[f"{seconds:.2f} s", name, outcome] for seconds, name, outcome in record.slowest]
    return Table(["seconds", "input", "answer"], rows)


def _memory(record: Record) -> str:
    end = f"{record.end.service:.0f} MB" if record.end else "dead"
    return (
        f"the service {record.start.service:.0f} MB at its start, {end} at the end; all processes {record.peak_mb:.0f} "
        f"MB at the peak, {record.start.all:.0f} MB at the start; the largest child {record.largest_child_mb:.0f} MB"
    )
