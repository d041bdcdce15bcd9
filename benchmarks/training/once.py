"""One training of one contestant, from scratch in a process of its own; prints what it took as JSON.

python -m benchmarks.training.once ours --data mnist.npz
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras

from benchmarks.training.contest import CONTESTANTS, Contestant
from benchmarks.training.result import Result
from models.pixels import to_float
from training.digits import Digits, read, test_part, training_part
from training.inference import run_in_batches, runner
from training.metrics import binary_cross_entropy


def measure(contestant: Contestant, digits: Digits, seed: int) -> Result:
    """Train on all training images and measure on all test images."""
    training, test = (to_float(part(digits).images) for part in (training_part, test_part))
    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    model = contestant.train(training)
    seconds = time.perf_counter() - start
    loss = binary_cross_entropy(test, run_in_batches(runner(model), test))
    return Result(seconds, contestant.steps(len(training)), model.count_params(), loss)


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("--data", type=Path, help="an .npz in the format of Keras' MNIST (default: downloaded)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(words)
    result = measure(CONTESTANTS[asked.contestant], read(asked.data), asked.seed)
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
