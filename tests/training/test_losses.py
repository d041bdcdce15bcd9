"""Losses: where their minimum lies."""

import numpy as np
import pytest
from keras import ops

from training.losses import QUANTILE, level_loss


def test_of_a_doubtful_level_a_high_quantile_is_learned_and_how_far_off_it_is() -> None:
    """As many blocks lie below the best prediction as `QUANTILE` says, and its doubt is the mean weighted error."""
    levels = np.log1p(np.random.default_rng(0).gamma(4.0, 2.0, 4001))
    target = (np.expm1(levels) / 255).reshape(1, -1, 1, 1).astype(np.float32)

    def loss(level: float, doubt: float = 0.0) -> float:
        return float(ops.convert_to_numpy(level_loss(target, np.full((1, 4001, 1, 2), (level, doubt), np.float32))))

    places = np.linspace(0.5, 3.5, 301)
    best = places[np.argmin([loss(place) for place in places])]
    assert np.mean(levels < best) == pytest.approx(QUANTILE, abs=0.02)
    weights = np.where(levels > best, QUANTILE, 1 - QUANTILE)
    expected = np.log(np.mean(2 * weights * np.abs(levels - best)))
    doubts = np.linspace(-3, 1, 201)
    assert doubts[np.argmin([loss(best, doubt) for doubt in doubts])] == pytest.approx(expected, abs=0.04)
