"""A network that has seen one digit alone."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training import digits
from training.one_class.detector import Detector, trained_on

DIGIT = 0


@pytest.fixture(scope="module")
def part(digits_file: Path) -> digits.Part:
    return digits.test_part(digits.read(digits_file))


@pytest.fixture(scope="module")
def detector(digits_file: Path) -> Detector:
    training = digits.training_part(digits.read(digits_file))
    return trained_on(training.images[training.labels == DIGIT], steps=60)


def test_it_tells_its_digit_from_the_others(detector: Detector, part: digits.Part) -> None:
    scores = detector.scores(part.images)
    assert roc_auc_score(part.labels != DIGIT, scores.foreignness) > 0.9


def test_there_is_a_statistic_for_every_image(detector: Detector, part: digits.Part) -> None:
    scores = detector.scores(part.images[:7])
    for values in (scores.ink, scores.errors, scores.distances, scores.foreignness):
        assert values.shape == (7,)
        assert np.isfinite(values).all()


def test_all_images_of_the_class_are_among_the_neighbours(detector: Detector, digits_file: Path) -> None:
    labels = digits.training_part(digits.read(digits_file)).labels
    assert detector.known.shape == (int(np.sum(labels == DIGIT)), 16)
