"""`python -m tests.soak --minutes 30`: keep a service of its own busy and watch it; 1 if anything was wrong."""

import argparse
import signal
import sys
from functools import partial
from pathlib import Path

from benchmarks.sections.growth import traces
from benchmarks.server import STOPPED_WITHIN_S, running
from tests.fuzz.server import Target
from tests.periodic import every
from tests.soak.load import run
from tests.soak.report import Outcome, save
from tests.soak.traffic import stream
from tests.soak.watch import Watch, sampled

PROGRESS_S = 60.0
KEPT = Path("runs/soak/server.log")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", type=Path, help="a Markdown file that gets the figures")
    arguments = parser.parse_args()
    outcome = soak(arguments.minutes, arguments.seed)
    print(outcome.section().markdown())
    for wrong in outcome.watch.wrong:
        print(f"WRONG {wrong}", file=sys.stderr)
    if arguments.report:
        save(arguments.report, outcome)
    return int(not all(each.met for each in outcome.requirements()))


def soak(minutes: float, seed: int) -> Outcome:
    """Run a service under load for so long and return what was seen."""
    with running() as server:
        target, watch = Target(server, set()), Watch()
        before = traces(server)
        with sampled(watch, target), every(PROGRESS_S, partial(_tell, watch)):
            run(target, stream(seed), watch, 60 * minutes)
        died, after = not target.alive, traces(server) if target.alive else 0
        server.process.send_signal(signal.SIGTERM)
        status = server.process.wait(STOPPED_WITHIN_S)
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(target.log)
        return Outcome(watch, minutes, seed, (before, after), target.tracebacks, died, status)


def _tell(watch: Watch) -> None:
    _, service, children = watch.memory[-1]
    print(
        f"{watch.elapsed / 60:5.1f} min {watch.outcomes.total():7d} answers, {len(watch.wrong)} wrong, "
        f"{service:.0f} MB and {children:.0f} MB in children",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
