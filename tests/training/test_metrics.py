"""Measures of quality against values known by hand."""

import numpy as np
import pytest

from training.metrics import binary_cross_entropy, nearest_neighbour_accuracy, psnr, squared_error_per_image


def test_psnr_of_a_constant_difference() -> None:
    clean = np.full((4, 5, 3), 100, np.uint8)
    assert psnr(clean, clean + 10) == pytest.approx(20 * np.log10(25.5))
    assert psnr(clean, clean - 10) == pytest.approx(20 * np.log10(25.5))


def test_psnr_of_black_against_white_is_zero() -> None:
    assert psnr(np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)) == 0


def test_psnr_of_equals_is_infinite() -> None:
    assert psnr(np.ones((2, 2), np.uint8), np.ones((2, 2), np.uint8)) == float("inf")


def test_binary_cross_entropy() -> None:
    target = np.array([0.0, 1.0, 0.25])
    assert binary_cross_entropy(target, np.full(3, 0.5)) == pytest.approx(np.log(2))
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75)) / 3
    assert binary_cross_entropy(target, target) == pytest.approx(entropy, abs=1e-6)
    assert binary_cross_entropy(target[:2], 1 - target[:2]) == pytest.approx(-np.log(1e-7))


def test_squared_error_is_summed_over_an_image_and_averaged_over_images() -> None:
    target = np.zeros((2, 2, 3, 1), np.float32)
    output = np.stack([np.full((2, 3, 1), 0.5), np.zeros((2, 3, 1))]).astype(np.float32)
    assert squared_error_per_image(target, output) == pytest.approx(6 * 0.25 / 2)


def test_nearest_neighbours_vote() -> None:
    training = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    labels = np.array([0, 0, 1, 1, 1, 0])
    test = np.array([[0.05], [5.05], [5.3]])
    assert nearest_neighbour_accuracy(training, labels, test, np.array([0, 1, 1]), neighbours=3) == 1
    assert nearest_neighbour_accuracy(training, labels, test, np.array([0, 1, 0]), neighbours=3) == pytest.approx(2 / 3)
