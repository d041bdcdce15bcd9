"""The anomaly statistics that a card may name."""

from typing import get_args

import numpy as np
import pytest

from models.anomaly import STATISTICS, anomaly_score, rank
from models.card import Anomaly, Statistic

HELD_OUT = Anomaly(statistic="mean_squared_error", quantiles=(0.0, 0.1, 0.2, 0.4, 0.8), error_scale=0.3)


def test_every_statistic_that_a_card_may_name_can_be_measured() -> None:
    assert STATISTICS.keys() == set(get_args(Statistic))


def test_mean_squared_error_is_the_mean_of_squares() -> None:
    black, half = np.zeros((4, 5, 3), np.float32), np.full((4, 5, 3), 0.5, np.float32)
    assert STATISTICS["mean_squared_error"](black, half) == pytest.approx(0.25)
    assert anomaly_score(black, half, HELD_OUT) == pytest.approx(0.5625)


@pytest.mark.parametrize(("value", "share"), [(-1, 0), (0, 0), (0.2, 0.5), (0.3, 0.625), (0.8, 1), (9, 1)])
def test_rank_is_the_share_of_smaller_ones(value: float, share: float) -> None:
    assert rank(value, HELD_OUT) == pytest.approx(share)


def test_relative_error_is_the_share_that_was_not_explained() -> None:
    picture = np.random.default_rng(0).random((8, 8, 1)).astype(np.float32)
    measure = STATISTICS["relative_squared_error"]
    assert measure(picture, np.full_like(picture, picture.mean())) == pytest.approx(1.0, rel=1e-4)
    assert measure(picture, picture) == 0
    faint = 0.2 * picture
    assert measure(faint, 0.9 * faint) == pytest.approx(measure(picture, 0.9 * picture), rel=1e-4)


def test_relative_error_of_a_flat_picture_is_a_number() -> None:
    flat = np.full((8, 8, 1), 0.4, np.float32)
    assert STATISTICS["relative_squared_error"](flat, flat) == 0
    assert STATISTICS["relative_squared_error"](flat, flat + np.float32(0.02)) == pytest.approx(1.0, rel=1e-3)
