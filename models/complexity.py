"""What a network costs, found from the network itself."""

import keras
import numpy as np

PROBE = 64


def kmac_per_pixel(model: keras.Model) -> float:
    """Return thousand multiply-accumulates of convolutions and dense layers per pixel of the input image.

    Nested submodels that take pictures of any size count each as if the picture were its own.
    """
    parts = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.inputs[0].shape[1] is None]
    if parts:
        return sum(map(kmac_per_pixel, parts))
    height, width = _image_size(model)
    inputs = keras.tree.map_structure(
        lambda each: keras.Input((height, width, each.shape[-1]), name=each.name), model.input
    )
    fixed = keras.models.clone_model(model, input_tensors=inputs)
    return sum(_macs(layer) for layer in fixed.layers) / (height * width) / 1000


def _image_size(model: keras.Model) -> tuple[int, int]:
    _, height, width, _ = model.inputs[0].shape
    return height or PROBE, width or PROBE


def _macs(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.Model):
        return sum(_macs(each) for each in layer.layers)
    if isinstance(layer, keras.layers.Conv2D):
        return int(np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:3]))
    if isinstance(layer, keras.layers.Dense):
        return int(np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:-1]))
    return 0
