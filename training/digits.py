"""Handwritten digits for training: reading them, holding some out, drawing batches."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from models.pixels import ByteImage
from training.metrics import Labels

SIDE = 28
HELD_OUT = 5_000
FEWEST = 50
KEYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class Digits:
    """A data set in the shape of MNIST: images uint8 (N, 28, 28), white on black, labels integers (N,).

    The test images are for `python -m training evaluate` alone.
    """

    name: str
    train_images: ByteImage
    train_labels: Labels
    test_images: ByteImage
    test_labels: Labels


@dataclass(frozen=True)
class Part:
    """Some images of a data set, uint8 (N, 28, 28, 1), their labels (N,), and what figures call them."""

    name: str
    images: ByteImage
    labels: Labels


def read(path: Path | None) -> Digits:
    """Return the digits in `path`, an .npz in the format of Keras' MNIST; None: MNIST itself, downloaded by Keras.

    Raises ValueError for a file of another kind or with arrays that don't fit, OSError for one that can't be read.
    """
    if path is None:
        return _downloaded()
    arrays = _arrays(path)
    for part in ("train", "test"):
        _check(arrays[f"x_{part}"], arrays[f"y_{part}"], f"{path}: x_{part}, y_{part}")
    return Digits(path.stem, arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"])


def _downloaded() -> Digits:
    try:
        (train_images, train_labels), (test_images, test_labels) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises no narrower one when a download fails
        raise OSError(f"MNIST can't be downloaded ({error}): name a file with --data") from error
    return Digits("mnist", train_images, train_labels, test_images, test_labels)


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    if not path.is_file():
        raise ValueError(f"{path} is not a file: digits come as an .npz with {', '.join(KEYS)}")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in KEYS}
    except KeyError as error:
        raise ValueError(f"{path}: {error.args[0]}; expected the arrays {', '.join(KEYS)}") from error
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a readable .npz file ({error})") from error


def _check(images: npt.NDArray[Any], labels: npt.NDArray[Any], where: str) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"{where}: images are {images.dtype} {images.shape}, expected uint8 (N, {SIDE}, {SIDE})")
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape != images.shape[:1]:
        raise ValueError(f"{where}: labels are {labels.dtype} {labels.shape}, expected integers ({len(images)},)")
    if len(images) < FEWEST:
        raise ValueError(f"{where}: {len(images)} images, expected {FEWEST} or more")


def split(digits: Digits) -> tuple[Part, Part]:
    """Return the training images without the last 5,000 (of few, the last tenth), and those: the held-out ones."""
    count = min(HELD_OUT, len(digits.train_images) // 10)
    images, labels = digits.train_images[..., None], digits.train_labels
    return (
        Part(f"{digits.name} training", images[:-count], labels[:-count]),
        Part(f"{digits.name} held-out training", images[-count:], labels[-count:]),
    )


def training_part(digits: Digits) -> Part:
    """Return all training images, the held-out ones too."""
    return Part(f"{digits.name} training", digits.train_images[..., None], digits.train_labels)


def test_part(digits: Digits) -> Part:
    """Return the test images."""
    return Part(f"{digits.name} test", digits.test_images[..., None], digits.test_labels)


def shuffled(images: ByteImage, batch: int, rng: np.random.Generator) -> Iterator[ByteImage]:
    """Yield batches of `images` without end: each image once, in random order, then again in another order."""
    order = rng.permutation(len(images))
    while True:
        while len(order) < batch:
            order = np.concatenate([order, rng.permutation(len(images))])
        yield images[order[:batch]]
        order = order[batch:]
