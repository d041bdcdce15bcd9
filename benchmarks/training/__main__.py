"""Time to the tutorials' quality: their one-epoch convolutional autoencoder against ours, both from scratch.

    make bench-training ARGS="--data mnist.npz --rounds 3"

docs/training.md is what this writes.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import machine, occasion
from benchmarks.report import write
from benchmarks.training.result import Result
from benchmarks.training.tables import Round, section

OUT = Path("docs/training.md")
PREFACE = """\
# Training

Written by `make bench-training`: do not edit.

{machine}
"""


def main(words: Sequence[str] | None = None) -> None:
    """Train both by turns, print the section and write the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, help="an .npz in the format of Keras' MNIST (default: downloaded)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=OUT, help=f"the page (default: {OUT})")
    asked = parser.parse_args(words)
    when = occasion(quick=False)
    found = section([_round(asked.data, seed) for seed in range(asked.rounds)])
    text = f"*Measured {when}.*\n\n{found.markdown()}"
    print(text)
    write(asked.out, PREFACE.format(machine=machine()), [found.title], {found.title: text})


def _round(data: Path | None, seed: int) -> Round:
    return Round(tutorial=_once("tutorial", data, seed), ours=_once("ours", data, seed))


def _once(name: str, data: Path | None, seed: int) -> Result:
    """Train one in a process of its own: what TensorFlow compiled for one must not be there for the other."""
    options = ["--seed", str(seed), *(["--data", str(data)] if data else [])]
    command = [sys.executable, "-m", "benchmarks.training.once", name, *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Result(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
