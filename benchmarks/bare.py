"""A network alone, without the service around it: megapixels a second and core-seconds a run, in a process of its own.

    python -m benchmarks.bare limpid --precision bfloat16 --sides 512 1024

TensorFlow's precision and threads are settings of a whole process; so each measurement has one.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from app.settings import Precision
from benchmarks.pictures import SIGMA
from benchmarks.server import ROOT
from models.denoising import Feed, Run
from models.pixels import LEVELS
from models.store import BUNDLED, Artifact, newest, verify

ENGINES = ("limpid", "openvino")
TIMEOUT_S = 600


@dataclass(frozen=True)
class Bare:
    """One shape's median seconds for a batch, and the core-seconds that it took."""

    side: int
    batch: int
    seconds: float
    core_seconds: float

    @property
    def megapixels_per_second(self) -> float:
        return self.batch * self.side**2 / 1e6 / self.seconds


def bare_engine(artifact: Artifact, precision: Precision) -> Run:
    """Return the service's own engine as a function, with the threads that the service gives it."""
    from app.engine import TensorFlowEngine, use
    from app.threads import cores

    use("cpu", cores())
    return TensorFlowEngine(artifact, precision).run


def measure(engine: str, precision: Precision, sides: list[int], runs: int, batch: int = 1) -> list[Bare]:
    """Measure `photo` in a new process, `runs` times at each side. Raises CalledProcessError with its output shown."""
    options = ["--precision", precision, "--runs", str(runs), "--batch", str(batch), "--sides", *map(str, sides)]
    command = [sys.executable, "-m", "benchmarks.bare", engine, *options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
    return [Bare(**each) for each in json.loads(done.stdout.splitlines()[-1])]


def _measure_here(run: Run, side: int, batch: int, runs: int) -> Bare:
    feed = _feed(side, batch)
    for _ in range(3):
        run(feed)
    seconds, core_seconds = [], []
    for _ in range(runs):
        started, cpu = time.perf_counter(), time.process_time()
        run(feed)
        seconds.append(time.perf_counter() - started)
        core_seconds.append(time.process_time() - cpu)
    return Bare(side, batch, statistics.median(seconds), statistics.median(core_seconds))


def _feed(side: int, batch: int) -> Feed:
    image = np.random.default_rng(0).random((batch, side, side, 3), dtype=np.float32)
    return {"image": image, "sigma": np.full((batch, side, side, 1), SIGMA / LEVELS, np.float32)}


def _openvino(artifact: Artifact, precision: Precision) -> Run:
    from benchmarks.peers.openvino_engine import openvino_engine

    return openvino_engine(artifact, precision)


def main() -> None:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    parser.add_argument("--sides", type=int, nargs="+", default=[512])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    artifact = verify(newest(BUNDLED, "photo"))
    make = bare_engine if arguments.engine == "limpid" else _openvino
    run = make(artifact, arguments.precision)
    found = [_measure_here(run, side, arguments.batch, arguments.runs) for side in arguments.sides]
    print(json.dumps([asdict(each) for each in found]))


if __name__ == "__main__":
    main()
