"""Artifacts of half the size: kernels are stored as 16-bit floats, which Keras reads into 32-bit ones."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np

WEIGHTS = "model.weights.h5"
"""The member of a `.keras` file that holds the weights."""


def rounded(weights: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Return `weights` with the values that `compact` will store, each in its own dtype: what is to be measured."""
    return [_stored(weight).astype(weight.dtype) for weight in weights]


def compact(model: Path) -> None:
    """Rewrite a `.keras` file in one step, its kernels as float16, everything compressed.

    Biases and statistics stay float32, and so does a kernel with a value that float16 has not, beyond 65,504.
    """
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[WEIGHTS] = _compact_weights(members[WEIGHTS])
    partial = model.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    partial.replace(model)


def _compact_weights(weights: bytes) -> bytes:
    written = io.BytesIO()
    with h5py.File(io.BytesIO(weights)) as source, h5py.File(written, "w") as target:
        _copy_attributes(source, target)

        def copy(name: str, node: h5py.Group | h5py.Dataset) -> None:
            is_group = isinstance(node, h5py.Group)
            made = target.require_group(name) if is_group else target.create_dataset(name, data=_stored(node[()]))
            _copy_attributes(node, made)

        source.visititems(copy)
    return written.getvalue()


def _copy_attributes(source: h5py.HLObject, target: h5py.HLObject) -> None:
    for name, value in source.attrs.items():
        target.attrs[name] = value


def _stored(weight: np.ndarray) -> np.ndarray:
    is_kernel = weight.dtype == np.float32 and weight.ndim > 1
    fits = is_kernel and np.abs(weight).max(initial=0.0) <= np.finfo(np.float16).max
    return weight.astype(np.float16) if fits else weight
