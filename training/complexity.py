"""What a model costs for one picture, and how far it sees, found from its networks."""

import keras
import numpy as np

from models.complexity import kmac_per_pixel
from models.loader import networks_of
from models.pixels import FloatImage


def kmac_of_a_picture(model: keras.Model) -> float:
    """Return thousand multiply-accumulates per pixel of what one picture goes through at most: of the networks, one."""
    networks = [kmac_per_pixel(network) for network in networks_of(model)]
    return kmac_per_pixel(model) - sum(networks) + max(networks)


def receptive_radius(model: keras.Model, multiple: int, reach: int = 256) -> int:
    """Return how many pixels away an output pixel still depends on the input, for a fully convolutional `model`.

    The weights of a copy without activations are made positive, so that nothing cancels or saturates; then one input
    pixel is raised and the farthest changed output pixel found, for each of the pixel's positions within `multiple`.
    Of an output smaller than the input a pixel counts as far away as the farthest of those that it stands for. Narrow
    strips, one lying and one standing, tell the same as a square would.
    """
    probe = keras.models.clone_model(model, clone_function=_linear)
    probe.set_weights([_positive(weight) for weight in probe.get_weights()])
    centre = reach // multiple * multiple
    long, short = 2 * centre, 2 * multiple
    shapes = ((long, short), (short, long))
    return max(_spread(probe, shape, centre + offset) for shape in shapes for offset in range(multiple))


def _linear(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Return a copy of `layer` without its activation: a sigmoid would lose small changes in rounding."""
    config = layer.get_config()
    return layer.__class__.from_config({**config, "activation": "linear"} if "activation" in config else config)


def _positive(weight: FloatImage) -> FloatImage:
    """Return an averaging kernel for a kernel, zeros for a bias, which would drown small changes in rounding."""
    return np.zeros_like(weight) if weight.ndim == 1 else np.full_like(weight, 1 / np.prod(weight.shape[:-1]))


def _spread(probe: keras.Model, shape: tuple[int, int], at: int) -> int:
    """Return how far along the longer side of `shape` a change of one pixel is seen."""
    side, axis = max(shape), int(np.argmax(shape))
    zeros = {each.name: np.zeros((1, *shape, each.shape[-1]), np.float32) for each in probe.inputs}
    raised = {name: value.copy() for name, value in zeros.items()}
    next(iter(raised.values())).swapaxes(1, 1 + axis)[0, at, at % min(shape)] = 1.0
    change = np.asarray(_output(probe, raised)) != np.asarray(_output(probe, zeros))
    block = side // change.shape[1 + axis]
    changed = np.flatnonzero(change[0].any(axis=(1 - axis, 2))) * block
    return int(max(abs(changed - at).max(), abs(changed + block - 1 - at).max()))


def _output(model: keras.Model, feed: dict[str, FloatImage]) -> FloatImage:
    """Return what `model` makes of inputs by name, whether it takes a dict of them or one tensor."""
    taken = feed if isinstance(model.input, dict) else next(iter(feed.values()))
    output: FloatImage = model(taken)
    return output
