"""Speed, memory and manners of the service under load, beside its peers: docs/performance.md is what this writes.

    make bench ARGS="--only overhead peers"

Each section starts the servers that it needs and ends them. `--quick` shows that all of it runs: its figures are too
few to be quoted, and are written only where `--out` is given.
"""

import argparse
from pathlib import Path

from benchmarks.effort import Effort
from benchmarks.machine import machine, occasion
from benchmarks.report import write
from benchmarks.sections import engine, growth, load, mixed, overhead, overload, peers, start

REPORT = Path("docs/performance.md")
SECTIONS = {
    "engine": engine,
    "load": load,
    "peers": peers,
    "overhead": overhead,
    "mixed": mixed,
    "overload": overload,
    "growth": growth,
    "start": start,
}
PREFACE = """\
# Performance

Written by `make bench`: do not edit. Times are those of a client on the same machine, over the loopback interface.
Memory is in MB of 10^6 bytes, resident (RSS); p50, p95 and p99 are percentiles of the latency.

{machine}
"""


def main() -> None:
    """Measure the sections, print each as it is done, and keep the report up to date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="SECTION")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, help=f"the report (default: {REPORT}; with --quick none)")
    arguments = parser.parse_args()
    out = arguments.out or (None if arguments.quick else REPORT)
    titles = [section.TITLE for section in SECTIONS.values()]
    for name in arguments.only:
        when = occasion(quick=arguments.quick)
        section = SECTIONS[name].measure(Effort(arguments.quick))
        text = f"*Measured {when}.*\n\n{section.markdown()}"
        print(f"## {section.title}\n\n{text}\n", flush=True)
        if out:
            write(out, PREFACE.format(machine=machine()), titles, {section.title: text})


if __name__ == "__main__":
    main()
