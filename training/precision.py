"""Where bfloat16 pays, and the Keras dtype policies of the two precisions."""

from pathlib import Path

import keras

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
CPU_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def best_precision() -> str:
    """Return `bfloat16` where an accelerator or the processor's own instructions make it fast, else `float32`."""
    if not all(device.startswith("cpu") for device in keras.distribution.list_devices()):
        return "bfloat16"
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return "float32"
    return "bfloat16" if CPU_FLAGS & flags else "float32"


def policy(precision: str) -> str:
    """Return the dtype policy for `auto`, `float32` or `bfloat16`."""
    return POLICIES[best_precision() if precision == "auto" else precision]


def precision_of(model: keras.Model) -> str:
    """Return `bfloat16` where any layer of `model` computes in it, else `float32`; a recipe may ignore the policy."""
    return "bfloat16" if any(layer.compute_dtype == "bfloat16" for layer in model.layers) else "float32"
