"""How strong the noise is in each part of a picture, and how doubtful local estimates become one consistent map."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.noise_envelope import capped
from models.pixels import LEVELS, FloatImage, Mask
from models.tiles import Span, Tile

BLOCK = 8
"""Side in pixels of the blocks that have a level of their own."""

_Doubles = npt.NDArray[np.float64]

WHITE_ABOVE = -1.0
"""Log-odds above which noise counts as white. What nearly is, as in a JPEG file, is better off as that
too; a camera's, at -3 and less, is not (docs/decisions/0021-experts.md)."""

NOTHING = 0.6
"""A level, 0-255 scale, that is not worth a network: less than a pixel's step, and what is found in flat pictures."""

NARROWEST, WIDEST = 0.02, 4.0
"""Between what an estimate's own mean error is believed to be: in logarithms, so 2 % at least."""

EVEN = 0.1
"""Standard deviation, in logarithms, that blocks of white noise owe to texture, however sure their estimates are."""


@dataclass(frozen=True)
class NoiseMap:
    """The noise's standard deviation on the 0-255 scale, (ceil(H / BLOCK), ceil(W / BLOCK)) float32.

    `white` tells that it is white Gaussian noise, as far as an estimator knows.
    """

    levels: FloatImage
    white: bool = False

    @property
    def mean(self) -> float:
        """The mean level of the picture."""
        return float(self.levels.mean())

    def scaled(self, factor: float) -> "NoiseMap":
        """Return the map of `factor` times the noise."""
        return replace(self, levels=self.levels * np.float32(factor))

    def at(self, tile: Tile) -> FloatImage:
        """Return the levels in 0-1 of each pixel that `tile` reads, (h, w, 1) float32, interpolated between blocks."""
        rows, upward = _interpolation(tile.rows, self.levels.shape[0])
        columns, across = _interpolation(tile.columns, self.levels.shape[1])
        return (upward @ (self.levels[rows, columns] / np.float32(LEVELS)) @ across.T)[..., None]


Level = float | NoiseMap
"""A noise level on the 0-255 scale: one for a whole picture, or a map."""


def worth_removing(level: Level | None) -> bool:
    """Return whether a picture is for a network at all: not where it is told 0 or nothing is found, below `NOTHING`.

    None is the level of a model that is not told: always.
    """
    return bool(level.levels.max() >= NOTHING) if isinstance(level, NoiseMap) else level != 0


def _interpolation(span: Span, blocks: int) -> tuple[slice, FloatImage]:
    """Return the blocks that `span` needs, and the matrix (pixels, blocks) that interpolates linearly between them.

    Levels hold at the centres of blocks; before the first one and after the last the level is theirs.
    """
    places = np.clip((np.arange(span.start, span.stop) + 0.5) / BLOCK - 0.5, 0, blocks - 1)
    needed = np.arange(int(places[0]), min(int(places[-1]) + 2, blocks))
    weights = np.maximum(0, 1 - np.abs(places[:, None] - needed)).astype(np.float32)
    return slice(needed[0], needed[-1] + 1), weights


def combine(estimates: FloatImage, visible: Mask | None = None, brightness: FloatImage | None = None) -> NoiseMap:
    """Return the map that an estimator's output for a whole picture amounts to.

    `estimates` is (h, w, 2 or 3) float32: log(1 + sigma) of every block, the logarithm of its expected absolute error,
    and of an estimator that tells it, the log-odds that its noise is white; the blocks' mean decides for the picture.
    `visible` (h, w) tells which blocks count for the others; None: all. With `brightness` (h, w), the mean of each
    block in 0-1, levels far above others of that brightness are lowered: see models.noise_envelope.

    Empirical Bayes: the levels of a picture scatter around their mean by what really differs (noise that depends on the
    brightness) and by the estimates' errors, which are large on texture. What the errors explain is taken back, each
    estimate drawn towards the mean the further the less certain it is; white noise becomes one level everywhere,
    unless its blocks differ by more than `EVEN`, as where a picture was pasted into another.
    The real variance is that of DerSimonian and Laird, "Meta-analysis in clinical trials" (1986).
    """
    level = np.maximum(estimates[..., 0], 0.0).astype(np.float64)
    doubt = np.clip(np.exp(np.clip(estimates[..., 1], -20, 20)), NARROWEST, WIDEST).astype(np.float64)
    spread = doubt * np.sqrt(2)  # of a Laplace distribution with that mean absolute error
    counted = np.ones(level.shape, bool) if visible is None or not visible.any() else visible
    weights = (counted / spread**2).ravel()
    mean = float(np.average(level.ravel(), weights=weights))
    white = _is_white(estimates[..., 2:], counted)
    texture = EVEN**2 if white else 0.0
    real = max(0.0, _real_variance(level.ravel(), weights, mean) - texture)
    share = real / (real + spread**2)
    levels = np.expm1(mean + share * (level - mean))
    if brightness is not None:
        levels = capped(levels, brightness.astype(np.float64), counted)
    return NoiseMap(levels.astype(np.float32), white=white)


def _is_white(log_odds: FloatImage, counted: Mask) -> bool:
    """Return what the log-odds of the blocks, (h, w, 1) or none at all, amount to."""
    return log_odds.size > 0 and float(log_odds[counted].mean()) > WHITE_ABOVE


def _real_variance(values: _Doubles, weights: _Doubles, mean: float) -> float:
    """Return the variance of `values` less what their errors, of variances 1 / `weights`, explain; 0 at least."""
    count = np.count_nonzero(weights)
    total = weights.sum()
    scatter = float((weights * np.square(values - mean)).sum())
    scale = float(total - np.square(weights).sum() / total)
    return max(0.0, (scatter - (count - 1)) / scale) if scale > 0 else 0.0
