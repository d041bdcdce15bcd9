"""Where bfloat16 pays, and the Keras dtype policies of the two precisions."""

from collections.abc import Iterator

import keras

from models.inference import POLICIES
from models.processor import has_bfloat16


def best_precision() -> str:
    """Return `bfloat16` where an accelerator or the processor's own instructions make it fast, else `float32`."""
    if not all(device.startswith("cpu") for device in keras.distribution.list_devices()):
        return "bfloat16"
    return "bfloat16" if has_bfloat16() else "float32"


def policy(precision: str) -> str:
    """Return the dtype policy for `auto`, `float32` or `bfloat16`."""
    return POLICIES[best_precision() if precision == "auto" else precision]


def precision_of(model: keras.Model) -> str:
    """Return `bfloat16` where any layer of `model` computes in it, else `float32`; a recipe may ignore the policy."""
    return "bfloat16" if any(layer.compute_dtype == "bfloat16" for layer in _layers(model)) else "float32"


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers of a model and of those nested in it."""
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else (layer,)
