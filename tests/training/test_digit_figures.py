"""What is measured on digits, and against what."""

from pathlib import Path

import keras
import numpy as np
import pytest

from models.card import Figure
from models.pixels import to_bytes, to_float
from models.store import BUNDLED, newest, verify
from training import digits
from training.architectures.digits import autoencoder
from training.digit_figures import autoencoder_figures, denoiser_figures, figures
from training.metrics import psnr


def identity() -> keras.Model:
    image = keras.Input((None, None, 1), name="image")
    return keras.Model({"image": image}, keras.layers.ReLU()(image))


def by_metric(found: list[Figure]) -> dict[str, Figure]:
    assert len({figure.metric for figure in found}) == len(found)
    return {figure.metric: figure for figure in found}


@pytest.fixture(scope="module")
def everything(digits_file: Path) -> digits.Digits:
    return digits.read(digits_file)


def test_denoiser_that_does_nothing_is_as_good_as_the_noisy_images(everything: digits.Digits) -> None:
    part = digits.test_part(everything)
    found = by_metric(denoiser_figures(identity(), part))
    assert found["PSNR"].value == found["PSNR of the noisy images"].value
    assert found["PSNR of the pooled squared error"].value < found["PSNR"].value
    assert found["PSNR of a 3x3 median filter"].value > found["PSNR"].value + 1
    assert {(figure.images, figure.dataset, figure.unit, figure.sigma) for figure in found.values()} == {
        (100, "small test", "dB", 127.5)
    }


def test_noise_is_that_of_the_tutorials(everything: digits.Digits) -> None:
    part = digits.test_part(everything)
    clean = to_float(part.images)
    noisy = np.clip(clean + 0.5 * np.random.default_rng(0).standard_normal(clean.shape), 0, 1)
    pooled = psnr(part.images, to_bytes(noisy.astype(np.float32)))
    assert by_metric(denoiser_figures(identity(), part))["PSNR of the pooled squared error"].value == round(pooled, 5)


def test_autoencoder_stands_beside_pca(everything: digits.Digits) -> None:
    gallery, queries = digits.training_part(everything), digits.test_part(everything)
    found = by_metric(autoencoder_figures(autoencoder(), gallery, queries, normalize=True))
    untrained, pca = found["squared error"], found["squared error of PCA at 32"]
    assert pca.value < untrained.value / 2
    assert found["binary cross-entropy of PCA at 32"].value < found["binary cross-entropy"].value
    accuracy = found["5-nearest-neighbour accuracy of PCA at 32"]
    assert 85 < accuracy.value <= 100
    noisy = found["5-nearest-neighbour accuracy of PCA at 32, noisy queries"]
    assert 20 < noisy.value < accuracy.value
    assert noisy.sigma == 127.5
    assert "unit length" in accuracy.protocol
    assert "400 small training" in accuracy.protocol


def test_embeddings_may_be_measured_as_they_are(everything: digits.Digits) -> None:
    parts = digits.training_part(everything), digits.test_part(everything)
    model = autoencoder()
    raw = by_metric(autoencoder_figures(model, *parts, normalize=False))["5-nearest-neighbour accuracy"]
    assert "as they are" in raw.protocol


def test_models_for_photographs_are_refused(everything: digits.Digits) -> None:
    card = verify(newest(BUNDLED, "photo")).card
    with pytest.raises(ValueError, match="is not a model for digits"):
        figures(card, identity(), everything)
