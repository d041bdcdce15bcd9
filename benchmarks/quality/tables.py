"""The figures of a data set as Markdown: what docs/quality/ holds."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from benchmarks.machine import machine, occasion
from benchmarks.quality.cases import DataSet
from benchmarks.quality.measure import GUESSES, NOISY, Score
from benchmarks.quality.run import Scores
from benchmarks.report import Table

_GAUSSIAN = (
    "Gaussian noise, clipped and rounded to 8 bits as an uploaded file is. Limpid is told the level or finds it "
    "(`sigma=auto`). Every other method gets the true level and, for each picture, the best of a small grid of "
    "settings around it, chosen by the PSNR itself: more than its users reach."
)
_REAL = (
    "Noise of a camera, measured against the mean of many shots. Nobody is told a level: Limpid finds it "
    "(`sigma=auto`). Every other method gets, for each picture, the best of a grid of settings around {guesses}, "
    "chosen by the PSNR itself: more than its users reach. One setting: the one of them that is best for all pictures."
)
_UNITS = (
    "Means over the pictures: PSNR in dB, SSIM, both over all pixels and channels. s/MP: seconds a megapixel, the "
    "median, of the chosen setting alone."
)


def document(data: DataSet, scores: Scores, left_out: Sequence[str]) -> str:
    """Return the page of a data set. `left_out` are remarks on the methods that are not in it."""
    noise = _REAL.format(guesses=", ".join(f"{guess:g}" for guess in GUESSES)) if data.real else _GAUSSIAN
    table = real_table(scores) if data.real else level_table(scores, data.sigmas)
    parts = [
        f"# {data.name}",
        "Written by `make bench-quality`: do not edit.",
        f"*Measured {occasion(quick=False)}.*",
        f"Pictures: {data.count}. {noise} {_UNITS}",
        table.markdown(),
        *(["\n".join(f"- {remark}" for remark in left_out)] if left_out else []),
        machine(),
    ]
    return "\n\n".join(parts) + "\n"


def level_table(scores: Scores, sigmas: Sequence[float]) -> Table:
    """Return a row a method: PSNR and SSIM at each noise level, seconds per megapixel."""
    header = ["method", *(f"sigma {sigma:g}: PSNR / SSIM" for sigma in sigmas), "s/MP"]
    rows = []
    for name, by_level in scores.items():
        cells = [f"{_psnr(by_level[sigma]):.2f} / {_ssim(by_level[sigma]):.3f}" for sigma in sigmas]
        rows.append([name, *cells, _seconds(name, by_level.values())])
    return Table(header, rows)


def real_table(scores: Scores) -> Table:
    """Return a row a method: PSNR, SSIM, dB gained over the noisy pictures, seconds per megapixel.

    Beside the PSNR of the best setting for each picture stands that of the one setting that is best for all.
    """
    before = _psnr(scores[NOISY.name][None])
    rows = []
    for name, by_level in scores.items():
        values = by_level[None]
        gain = f"{_psnr(values) - before:+.2f}" if name != NOISY.name else "-"
        figures = [f"{_psnr(values):.2f}", f"{_ssim(values):.3f}", gain, f"{_one_setting(values):.2f}"]
        rows.append([name, *figures, _seconds(name, [values])])
    return Table(["method", "PSNR", "SSIM", "gain", "PSNR, one setting", "s/MP"], rows)


def _psnr(scores: Sequence[Score]) -> float:
    return _mean(scores, lambda score: score.psnr)


def _one_setting(scores: Sequence[Score]) -> float:
    return float(np.mean([score.settings for score in scores], axis=0).max())


def _ssim(scores: Sequence[Score]) -> float:
    return _mean(scores, lambda score: score.ssim)


def _mean(scores: Sequence[Score], figure: Callable[[Score], float]) -> float:
    return float(np.mean([figure(score) for score in scores]))


def _seconds(name: str, by_level: Iterable[Sequence[Score]]) -> str:
    if name == NOISY.name:
        return "-"
    return f"{np.median([score.seconds for scores in by_level for score in scores]):.2f}"
