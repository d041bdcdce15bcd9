"""The tutorials' networks are what the tutorials have."""

import numpy as np
import pytest

from training.architectures import tutorials


def test_denoiser_is_chollets() -> None:
    model = tutorials.denoiser()
    assert model.count_params() == 320 + 3 * 9248 + 289


def test_autoencoder_has_the_bottleneck_asked_for() -> None:
    model = tutorials.autoencoder(8)
    assert min(int(np.prod(layer.output.shape[1:])) for layer in model.layers) == 8


@pytest.mark.parametrize("build", [tutorials.autoencoder, tutorials.denoiser])
def test_output_is_an_image_between_black_and_white(build) -> None:
    images = np.random.default_rng(0).uniform(0, 1, (2, 28, 28, 1)).astype(np.float32)
    output = np.asarray(build()({"image": images}))
    assert output.shape == images.shape
    assert 0 <= output.min() <= output.max() <= 1


def test_classifier_answers_probabilities() -> None:
    images = np.zeros((2, 28, 28, 1), np.float32)
    assert np.asarray(tutorials.classifier()({"image": images})).sum(axis=1) == pytest.approx(1)
