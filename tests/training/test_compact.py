"""Artifacts of half the size: what is stored, and that Keras reads it."""

import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from training.compact import WEIGHTS, compact, rounded

LARGEST = float(np.finfo(np.float16).max)


@pytest.fixture
def network() -> keras.Model:
    image = keras.Input((8, 8, 3), name="image")
    inner = keras.Sequential([keras.layers.Conv2D(64, 3, name="first"), keras.layers.Conv2D(64, 3)], name="inner")
    return keras.Model(image, keras.layers.Dense(2, name="last")(inner(image)))


def saved(network: keras.Model, folder: Path) -> Path:
    path = folder / "model.keras"
    network.save(path)
    return path


def test_a_compact_file_is_half_as_large_and_holds_the_rounded_weights(network: keras.Model, tmp_path: Path) -> None:
    network.get_layer("last").bias.assign([np.pi, 1e6])
    path = saved(network, tmp_path)
    before = path.stat().st_size
    compact(path)
    assert path.stat().st_size < 0.6 * before
    assert [each.name for each in tmp_path.iterdir()] == ["model.keras"]
    read = keras.saving.load_model(path, compile=False, safe_mode=True)
    assert {weight.dtype for weight in read.weights} == {"float32"}
    for original, expected, stored in zip(
        network.get_weights(), rounded(network.get_weights()), read.get_weights(), strict=True
    ):
        assert np.array_equal(expected, stored)
        assert np.allclose(original, stored, rtol=2**-11, atol=2**-25)
        assert np.array_equal(original, stored) == (original.ndim == 1)


def test_what_was_rounded_before_is_stored_to_the_bit(network: keras.Model, tmp_path: Path) -> None:
    network.set_weights(rounded(network.get_weights()))
    path = saved(network, tmp_path)
    compact(path)
    read = keras.saving.load_model(path, compile=False)
    assert all(np.array_equal(*pair) for pair in zip(network.get_weights(), read.get_weights(), strict=True))


@pytest.mark.parametrize("factor", [1.0, 1.1, -1.1, np.nan])
def test_a_kernel_beyond_float16_keeps_its_32_bits(network: keras.Model, tmp_path: Path, factor: float) -> None:
    kernel = network.get_layer("last").kernel
    values = np.full(kernel.shape, np.float32(np.pi))
    values[0, 0] = LARGEST * factor
    kernel.assign(values)
    path = saved(network, tmp_path)
    compact(path)
    with zipfile.ZipFile(path) as archive, h5py.File(archive.open(WEIGHTS)) as weights:
        assert weights["layers/dense/vars/0"].dtype == (np.float16 if factor == 1.0 else np.float32)
    read = keras.saving.load_model(path, compile=False).get_layer("last").kernel
    assert np.array_equal(np.asarray(read), rounded([values])[0], equal_nan=True)
