"""All methods on all cases of a data set."""

from collections.abc import Callable, Sequence

from benchmarks.quality.cases import Case, DataSet
from benchmarks.quality.measure import Method, Score, best
from models.pixels import ByteImage

Scores = dict[str, dict[float | None, list[Score]]]
"""The score of each picture by method and noise level; None is the level of real noise."""

Show = Callable[[Case, Method, ByteImage], None]
"""Takes the best result of a method for a case."""


def run(data: DataSet, methods: Sequence[Method], show: Show) -> Scores:
    """Return the scores of `methods`, less those that must be told a level if there is none; print the progress."""
    able = [method for method in methods if not (method.told and data.real)]
    levels: list[float | None] = [*data.sigmas] or [None]
    scores: Scores = {method.name: {level: [] for level in levels} for method in able}
    for number, case in enumerate(data.cases()):
        noise = "real noise" if case.sigma is None else f"sigma {case.sigma:g}"
        print(f"{data.name} {number // len(levels) + 1}/{data.count}: {case.name}, {noise}", flush=True)
        for method in able:
            picture, score = best(method, case)
            scores[method.name][case.sigma].append(score)
            show(case, method, picture)
    return scores
