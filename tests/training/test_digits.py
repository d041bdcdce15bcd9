"""Reading digits, holding some out, drawing batches."""

from itertools import islice
from pathlib import Path

import keras
import numpy as np
import pytest

from training import digits


def test_reads_the_file_of_keras(digits_file: Path, arrays: dict[str, np.ndarray]) -> None:
    found = digits.read(digits_file)
    assert found.name == "small"
    assert np.array_equal(found.train_images, arrays["x_train"])
    assert np.array_equal(found.train_labels, arrays["y_train"])
    assert np.array_equal(found.test_images, arrays["x_test"])
    assert np.array_equal(found.test_labels, arrays["y_test"])


def test_without_a_file_keras_has_them(arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    found = digits.read(None)
    assert found.name == "mnist"
    assert np.array_equal(found.test_images, arrays["x_test"])


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("x_train", np.zeros((400, 28, 28), np.float32), "images are float32"),
        ("x_train", np.zeros((400, 32, 32), np.uint8), r"images are uint8 \(400, 32, 32\)"),
        ("x_test", np.zeros((100, 28, 28, 1), np.uint8), "x_test, y_test: images are"),
        ("y_train", np.zeros(400), "labels are float64"),
        ("y_test", np.zeros(99, np.uint8), r"labels are uint8 \(99,\), expected integers \(100,\)"),
        ("x_test", np.array(0, np.uint8), "images are"),
        ("y_train", np.array([{}], dtype=object), "not a readable .npz"),
        ("y_train", None, "y_train is not a file in the archive; expected the arrays x_train"),
    ],
)
def test_refuses_other_arrays(
    name: str, wrong: np.ndarray | None, message: str, arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    changed = {key: value for key, value in {**arrays, name: wrong}.items() if value is not None}
    np.savez(tmp_path / "wrong.npz", **changed)
    with pytest.raises(ValueError, match=message):
        digits.read(tmp_path / "wrong.npz")


def test_refuses_too_few(arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", **{key: value[:20] for key, value in arrays.items()})
    with pytest.raises(ValueError, match="20 images, expected 50 or more"):
        digits.read(tmp_path / "few.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_refuses_other_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"mnist\.npz: not a readable \.npz"):
        digits.read(path)


def test_refuses_a_lone_array(arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", arrays["x_train"])
    with pytest.raises(ValueError, match="not a readable"):
        digits.read(tmp_path / "array.npy")


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a file"):
        digits.read(tmp_path)


def test_held_out_are_training_images_that_no_batch_has(digits_file: Path) -> None:
    everything = digits.read(digits_file)
    training, held_out = digits.split(everything)
    assert (training.images.shape, held_out.images.shape) == ((360, 28, 28, 1), (40, 28, 28, 1))
    assert np.array_equal(np.concatenate([training.images, held_out.images])[..., 0], everything.train_images)
    assert np.array_equal(np.concatenate([training.labels, held_out.labels]), everything.train_labels)
    assert "held-out" in held_out.name
    assert np.array_equal(digits.test_part(everything).images[..., 0], everything.test_images)


@pytest.mark.parametrize("batch", [1, 3, 7, 10, 25])
def test_batches_pass_over_all_images_again_and_again(batch: int) -> None:
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    drawn = list(islice(digits.shuffled(images, batch, np.random.default_rng(0)), 10))
    assert all(len(each) == batch for each in drawn)
    flat = np.concatenate(drawn).ravel()
    passes = flat[: len(flat) // 10 * 10].reshape(-1, 10)
    assert all(sorted(each) == list(range(10)) for each in passes)


def test_failed_download_says_what_to_do_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr("keras.datasets.mnist.load_data", fail)
    with pytest.raises(OSError, match="--data"):
        digits.read(None)
