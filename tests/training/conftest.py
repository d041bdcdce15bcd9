"""Digits in Keras' format without a download: scikit-learn's, as large as MNIST's."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

TRAINING = 400
TEST = 100


def enlarged(small: np.ndarray) -> np.ndarray:
    """Return an 8 x 8 digit with values 0-16 as MNIST has them: 20 x 20 uint8, white on black, within 28 x 28."""
    image = Image.fromarray((small / 16 * 255).astype(np.uint8))
    return np.pad(np.asarray(image.resize((20, 20), Image.Resampling.BICUBIC)), 4)


@pytest.fixture(scope="session")
def arrays() -> dict[str, np.ndarray]:
    source = load_digits()
    images = np.stack([enlarged(each) for each in source.images[: TRAINING + TEST]])
    labels = source.target[: TRAINING + TEST].astype(np.uint8)
    return {
        "x_train": images[:TRAINING],
        "y_train": labels[:TRAINING],
        "x_test": images[TRAINING:],
        "y_test": labels[TRAINING:],
    }


@pytest.fixture(scope="session")
def digits_file(arrays: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    np.savez(path, **arrays)
    return path
