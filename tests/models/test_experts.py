"""Which network a picture is for, and what an estimate has to say for that."""

import numpy as np
import pytest
from pydantic import ValidationError

from models.card import Estimator, ModelCard
from models.experts import expert_for
from models.noise_map import WHITE_ABOVE, NoiseMap, combine
from models.store import BUNDLED, newest, verify

BOTH = ("white", "white-gray")
WHITE, OTHER = (NoiseMap(np.ones((2, 2), np.float32), white=white) for white in (True, False))


@pytest.mark.parametrize(
    ("experts", "found", "gray", "expected"),
    [
        (BOTH, WHITE, False, "white"),
        (BOTH, WHITE, True, "white-gray"),
        (("white",), WHITE, True, "white"),
        (("white-gray",), WHITE, False, None),
        ((), WHITE, False, None),
        (BOTH, OTHER, True, None),
        (BOTH, None, False, None),
    ],
)
def test_white_noise_goes_to_the_expert_that_fits(experts, found, gray: bool, expected: str | None) -> None:
    assert expert_for(experts, found, gray=gray) == expected


def estimates(*log_odds: float) -> np.ndarray:
    """Return what an estimator tells of a row of blocks, all of one level."""
    return np.stack([np.ones(len(log_odds)), np.full(len(log_odds), -3.0), log_odds], axis=-1).astype(np.float32)[None]


def test_the_blocks_decide_together_and_hidden_ones_say_nothing() -> None:
    assert combine(estimates(9.0, -3.0, WHITE_ABOVE)).white
    assert not combine(estimates(WHITE_ABOVE, WHITE_ABOVE - 0.1)).white
    assert not combine(estimates(9.0, -3.0, WHITE_ABOVE), np.array([[False, True, True]])).white
    assert combine(estimates(9.0, 9.0, -90.0), np.array([[True, True, False]])).white
    assert combine(estimates(2.0, 2.0), np.zeros((1, 2), bool)).white, "where all is hidden all counts"


def test_an_estimator_that_tells_no_kinds_finds_nothing_white() -> None:
    assert not combine(estimates(9.0, 9.0)[..., :2]).white


def test_kinds_change_no_level() -> None:
    assert np.array_equal(combine(estimates(9.0, -9.0)).levels, combine(estimates(9.0, -9.0)[..., :2]).levels)
    scaled = combine(estimates(9.0, 9.0)).scaled(2.0)
    assert scaled.white


def test_experts_need_an_estimator_that_tells_kinds() -> None:
    card = verify(newest(BUNDLED, "photo")).card.model_dump()
    silent = Estimator(multiple=8, halo=41, kmac_per_pixel=2.3)
    with pytest.raises(ValidationError, match="needs an `estimator` with `whiteness`"):
        ModelCard.model_validate({**card, "experts": ("white",), "estimator": silent.model_dump()})
