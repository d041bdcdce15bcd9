"""Losses: where their minimum lies."""

import numpy as np
import pytest
from keras import ops

from training.losses import QUANTILE, UNKNOWN, WHITENESS_WEIGHT, level_loss, noise_loss, whiteness_loss


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


def test_whiteness_is_learned_as_a_probability_where_it_is_known() -> None:
    white = np.array([1, 1, 1, 0, UNKNOWN, UNKNOWN], np.float32).reshape(1, -1, 1, 1)
    target = np.concatenate([np.zeros_like(white), white], axis=-1)

    def loss(log_odds: float, unknown: float = 0.0) -> float:
        told = np.where(white == UNKNOWN, unknown, log_odds).astype(np.float32)
        output = np.concatenate([np.zeros_like(told), np.zeros_like(told), told], axis=-1)
        return float(ops.convert_to_numpy(whiteness_loss(target, output)))

    places = np.linspace(-4, 4, 401)
    best = places[np.argmin([loss(place) for place in places])]
    assert 1 / (1 + np.exp(-best)) == pytest.approx(3 / 4, abs=0.01)
    assert loss(0.0) == pytest.approx(np.log(2))
    assert loss(1.0, unknown=50.0) == loss(1.0)
    assert np.isfinite(loss(1e4))


def test_an_estimator_is_judged_by_what_it_tells() -> None:
    target = np.full((1, 2, 2, 2), (0.1, 1.0), np.float32)
    output = np.full((1, 2, 2, 3), (2.0, -1.0, 0.5), np.float32)
    levels, kinds = (float(ops.convert_to_numpy(each(target, output))) for each in (level_loss, whiteness_loss))
    assert float(ops.convert_to_numpy(noise_loss(target, output))) == pytest.approx(levels + WHITENESS_WEIGHT * kinds)
    assert float(ops.convert_to_numpy(noise_loss(target, output[..., :2]))) == pytest.approx(levels)
    assert float(ops.convert_to_numpy(noise_loss(target[..., :1], output[..., :2]))) == pytest.approx(levels)
