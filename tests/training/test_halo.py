"""The measured halo, on networks whose answer is known."""

import numpy as np
import pytest

from models.denoising import Feed
from models.noise_map import BLOCK
from models.pixels import FloatImage
from training.halo import measured_estimator_halo, measured_halo

RADIUS = 40


def looking(distance: int, weight: float):
    """A network that adds the pixel `distance` columns to the left, zero beyond the edge, times `weight`."""

    def run(feed: Feed) -> FloatImage:
        image = feed["image"]
        shifted = np.zeros_like(image)
        shifted[:, :, distance:] = image[:, :, :-distance]
        return (1 - weight) * image + weight * shifted

    return run


@pytest.mark.parametrize(("distance", "halo"), [(4, 8), (8, 12), (9, 16), (38, 40)])
def test_is_as_wide_as_the_network_looks_and_a_little_more(distance: int, halo: int) -> None:
    assert measured_halo(looking(distance, 0.5), RADIUS, 4, []) == halo


def test_what_changes_no_pixel_by_more_than_a_level_does_not_count() -> None:
    assert measured_halo(looking(30, 1 / 512), RADIUS, 4, []) == 4


def test_photographs_are_looked_at(photograph: np.ndarray) -> None:
    def run(feed: Feed) -> FloatImage:
        return looking(20, 0.5)(feed) if feed["image"].std() < 0.25 else feed["image"]

    assert measured_halo(run, RADIUS, 4, []) == 4
    assert measured_halo(run, RADIUS, 4, [photograph]) == 24


@pytest.mark.parametrize(("share", "halo"), [(0.5, 24), (0.02, 8)])
def test_an_estimator_sees_as_far_as_levels_change(share: float, halo: int) -> None:
    """It finds the mean of each block, and to a `share` that of the block 16 pixels to the left."""

    def run(feed: Feed) -> FloatImage:
        count, height, width, channels = feed["image"].shape
        blocks = feed["image"].reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK, channels)
        own = blocks.mean(axis=(2, 4, 5))[..., None]
        other = np.pad(own[:, :, :-2], ((0, 0), (0, 0), (2, 0), (0, 0)))
        return np.repeat((1 - share) * own + share * other, 2, axis=-1)

    assert measured_estimator_halo(run, RADIUS, []) == halo
