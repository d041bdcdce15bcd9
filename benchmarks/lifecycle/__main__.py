"""Reloads, ends and restarts of a service under load: docs/lifecycle.md is what this writes.

    python -m benchmarks.lifecycle

`--quick` shows that all of it runs: its figures are too few to be quoted, and are not written.
"""

import argparse
from pathlib import Path

from benchmarks.effort import Effort
from benchmarks.lifecycle import ending, reloads, restart
from benchmarks.machine import machine, occasion
from benchmarks.report import write

REPORT = Path("docs/lifecycle.md")
SECTIONS = {"reloads": reloads, "ending": ending, "restart": restart}
PREFACE = """\
# Life cycle

Written by `python -m benchmarks.lifecycle`: do not edit. How it works is in
[0015](decisions/0015-life-cycle.md). Memory is in MB of 10^6 bytes, resident (RSS).

{machine}
"""


def main() -> None:
    """Measure the sections, print each as it is done, and keep the report up to date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="SECTION")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    titles = [section.TITLE for section in SECTIONS.values()]
    for name in arguments.only:
        when = occasion(quick=arguments.quick)
        section = SECTIONS[name].measure(Effort(arguments.quick))
        text = f"*Measured {when}.*\n\n{section.markdown()}"
        print(f"## {section.title}\n\n{text}\n", flush=True)
        if not arguments.quick:
            write(REPORT, PREFACE.format(machine=machine()), titles, {section.title: text})


if __name__ == "__main__":
    main()
