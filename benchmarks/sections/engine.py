"""The network alone: our engine beside OpenVINO, and both beside OpenCV's non-local means."""

import time
from collections.abc import Iterator

import cv2

from app.settings import Precision
from benchmarks import bare
from benchmarks.effort import Effort
from benchmarks.pictures import SIGMA, decoded, squares
from benchmarks.report import Requirement, Section, Table
from models.processor import has_bfloat16

TITLE = "Engine"
SIDES = [512, 1024]
OF_OPENVINO = 0.8
"""The part of OpenVINO's speed that our engine has to reach."""

Key = tuple[str, Precision, int]


def measure(effort: Effort) -> Section:
    """Measure each engine in turns, so that what else the machine does meets them alike."""
    precisions: list[Precision] = ["bfloat16", "float32"] if has_bfloat16() else ["float32"]
    best = _best(precisions, rounds=effort.of(3, 1), runs=effort.of(20, 4))
    rows, requirements = [], []
    for precision in precisions:
        for side in SIDES:
            ours, theirs = (best[engine, precision, side] for engine in bare.ENGINES)
            ratio = theirs.seconds / ours.seconds
            speeds = [f"{each.megapixels_per_second:.2f} MP/s" for each in (ours, theirs)]
            cores = f"{theirs.core_seconds / ours.core_seconds:.2f}"
            rows.append([precision, f"{side} x {side}", *speeds, f"{ratio:.2f}", cores])
            demand = f"{precision}, {side} x {side}: at least {OF_OPENVINO} of OpenVINO's speed"
            requirements.append(Requirement(demand, f"{ratio:.2f}", ratio >= OF_OPENVINO))
    seconds = _non_local_means()
    return Section(
        TITLE,
        "`photo` alone, no service around it: one picture at a time, two engines in turns, each in a process of its "
        "own; the best round's median.",
        [Table(["precision", "picture", "Limpid", "OpenVINO", "ratio", "ratio in core-seconds"], rows)],
        requirements,
        [f"OpenCV's fastNlMeansDenoisingColored takes {seconds:.2f} s a megapixel: {1 / seconds:.2f} MP/s."],
    )


def _best(precisions: list[Precision], rounds: int, runs: int) -> dict[Key, bare.Bare]:
    """Return the fastest round of each engine, precision and side."""
    found: dict[Key, bare.Bare] = {}
    for _ in range(rounds):
        for key, each in _round(precisions, runs):
            found[key] = min(each, found.get(key, each), key=lambda it: it.seconds)
    return found


def _round(precisions: list[Precision], runs: int) -> Iterator[tuple[Key, bare.Bare]]:
    for precision in precisions:
        for engine in bare.ENGINES:
            for each in bare.measure(engine, precision, SIDES, runs):
                yield (engine, precision, each.side), each


def _non_local_means() -> float:
    """Return OpenCV's seconds a megapixel."""
    picture = decoded(squares().files[0])
    started = time.perf_counter()
    cv2.fastNlMeansDenoisingColored(picture, None, SIGMA, SIGMA)
    return (time.perf_counter() - started) / squares().megapixels
