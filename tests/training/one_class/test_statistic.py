"""How foreign an image is: errors and distances relative to the ink, and the two as one."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from training.one_class import statistic
from training.one_class.statistic import Foreignness, ink, nearest_distances, squared_errors


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_ink_is_the_sum_of_the_pixels_and_never_nothing() -> None:
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[1, :4, :4] = 0.5
    assert ink(images).tolist() == [1.0, 8.0]


def test_squared_error_is_that_of_each_image() -> None:
    images = np.zeros((2, 4, 4, 1), np.float32)
    restored = images.copy()
    restored[1, 0, :2] = 0.5
    assert squared_errors(images, restored).tolist() == [0.0, 0.5]


@pytest.mark.parametrize("neighbours", [1, 3])
def test_distances_are_those_of_an_exact_search(
    rng: np.random.Generator, neighbours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistic, "PER_BLOCK", 7)
    known, vectors = (rng.standard_normal((count, 5)).astype(np.float32) for count in (30, 20))
    exact, _ = NearestNeighbors(n_neighbors=neighbours).fit(known).kneighbors(vectors)
    assert nearest_distances(vectors, known, neighbours) == pytest.approx(exact.mean(axis=1), rel=1e-4)


def test_known_vector_is_at_no_distance(rng: np.random.Generator) -> None:
    known = rng.standard_normal((30, 5)).astype(np.float32)
    assert nearest_distances(known, known, 1) == pytest.approx(np.zeros(30), abs=1e-2)


def test_units_of_errors_and_distances_do_not_matter(rng: np.random.Generator) -> None:
    errors, distances = rng.uniform(0.1, 1, (2, 50))
    one = Foreignness.of_normal(errors, distances)(errors, distances)
    other = Foreignness.of_normal(100 * errors, 0.1 * distances)(100 * errors, 0.1 * distances)
    assert other - other[0] == pytest.approx(one - one[0])


def test_larger_error_or_distance_is_more_foreign(rng: np.random.Generator) -> None:
    errors, distances = rng.uniform(0.1, 1, (2, 50))
    foreignness = Foreignness.of_normal(errors, distances)
    assert (foreignness(2 * errors, distances) > foreignness(errors, distances)).all()
    assert (foreignness(errors, 2 * distances) > foreignness(errors, distances)).all()


def test_perfect_reconstruction_still_has_a_statistic(rng: np.random.Generator) -> None:
    foreignness = Foreignness.of_normal(*rng.uniform(0.1, 1, (2, 50)))
    assert np.isfinite(foreignness(np.zeros(1), np.zeros(1))).all()
