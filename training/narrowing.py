"""Starting a network from one whose residual blocks are wider inside, so that their outputs change least.

Channel pruning with least-squares reconstruction (He, Zhang and Sun, "Channel Pruning for Accelerating Very Deep Neural
Networks", 2017): the channels stay that the block's output can do least without, found by removing the least missed
one after the other, and the second convolution is fitted anew to what is left.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from models.pixels import FloatImage

FIRST, SECOND = "_first", "_second"
"""How the names of a block's two convolutions end; between them is its inside."""
POSITIONS = 60_000
"""At how many pixels, drawn at random, a block's output is reconstructed at most."""
RIDGE = 1e-5
"""Of the mean square of what is fitted to: without it, channels that do nothing would make the fit unsolvable."""

_Doubles = npt.NDArray[np.float64]


def narrow(source: keras.Model, target: keras.Model, pictures: FloatImage) -> None:
    """Give `target` the weights of `source`, the same but for blocks with more channels inside; these are narrowed.

    `pictures` (N, H, W, C) float32 are inputs as `source` is used to them. Blocks are narrowed in order, each fitted to
    what it does with those before it narrowed. `source` stays as it is.
    Raises ValueError for a layer that `target` lacks or has in another shape, unless it is a block's narrower inside.
    """
    trial = keras.models.clone_model(source)
    trial.set_weights(source.get_weights())
    rng = np.random.default_rng(0)
    for layer in trial.layers:
        if layer.name.endswith(FIRST) and _width(layer) > _width(_named(target, layer.name)):
            _narrow_block(trial, target, layer.name.removesuffix(FIRST), pictures, rng)
        elif layer.weights and not _is_narrowed(layer, target):
            _give(layer, _named(target, layer.name))


def _narrow_block(
    trial: keras.Model, target: keras.Model, block: str, pictures: FloatImage, rng: np.random.Generator
) -> None:
    """Narrow one block in `target` and, by nothing from the channels that go, in `trial`."""
    first, second = (trial.get_layer(block + part) for part in (FIRST, SECOND))
    width = _width(target.get_layer(block + FIRST))
    probe = keras.Model(trial.inputs, [first.output, second.output])
    inside, outputs = (np.asarray(each) for each in probe.predict(pictures, batch_size=8, verbose=0))
    taps, wanted = _sampled(inside, outputs, second.kernel_size, rng)
    kept, kernel, bias = reconstructed(taps, wanted, width)
    kernel = kernel.reshape(width, *second.kernel_size, -1).transpose(1, 2, 0, 3)
    before, its_bias = first.get_weights()
    target.get_layer(block + FIRST).set_weights([before[..., kept], its_bias[kept]])
    target.get_layer(block + SECOND).set_weights([kernel, bias])
    wide = np.zeros_like(second.get_weights()[0])
    wide[:, :, kept] = kernel
    second.set_weights([wide, bias])


def _sampled(
    inside: FloatImage, outputs: FloatImage, kernel_size: Sequence[int], rng: np.random.Generator
) -> tuple[_Doubles, _Doubles]:
    """Return what a convolution reads, (n, channels, taps), and gives, (n, filters), at pixels drawn at random."""
    margins = [(0, 0), *((side // 2, side // 2) for side in kernel_size), (0, 0)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(inside, margins), tuple(kernel_size), axis=(1, 2))
    count = int(np.prod(outputs.shape[:3]))
    drawn = rng.choice(count, min(count, POSITIONS), replace=False)
    places = np.unravel_index(drawn, outputs.shape[:3])
    taps = windows[places]
    return taps.reshape(*taps.shape[:2], -1).astype(np.float64), outputs[places].astype(np.float64)


def reconstructed(taps: _Doubles, wanted: _Doubles, width: int) -> tuple[list[int], _Doubles, _Doubles]:
    """Return the `width` channels that reconstruct `wanted` best, their weights and the bias.

    `taps` is (n, channels, k), `wanted` (n, filters); the weights are (width, k, filters), the bias (filters,).
    """
    count, channels, size = taps.shape
    known = np.concatenate([taps.reshape(count, -1), np.ones((count, 1))], axis=1)
    gram, moments = known.T @ known / count, known.T @ wanted / count
    gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram)
    kept = list(range(channels))
    while len(kept) > width:
        kept.pop(_least_missed(gram, moments, kept, size))
    used = _columns(kept, size, channels)
    weights = np.linalg.solve(gram[np.ix_(used, used)], moments[used])
    return kept, weights[:-1].reshape(width, size, -1), weights[-1]


def _least_missed(gram: _Doubles, moments: _Doubles, kept: Sequence[int], size: int) -> int:
    """Return the place in `kept` of the channel without which the squared error of the fit grows least."""
    used = _columns(kept, size, (len(gram) - 1) // size)
    inverse = np.linalg.inv(gram[np.ix_(used, used)])
    weights = inverse @ moments[used]
    missed = []
    for place in range(len(kept)):
        own = slice(size * place, size * (place + 1))
        missed.append(np.sum(weights[own] * np.linalg.solve(inverse[own, own], weights[own])))
    return int(np.argmin(missed))


def _columns(kept: Sequence[int], size: int, channels: int) -> npt.NDArray[np.intp]:
    """Return the columns of the `kept` channels, of `size` each, and that of the bias, the last."""
    own = np.add.outer(np.array(kept, dtype=np.intp) * size, np.arange(size)).ravel()
    return np.append(own, channels * size)


def _is_narrowed(layer: keras.layers.Layer, target: keras.Model) -> bool:
    """Return whether `layer` is the second of a block whose first was narrowed, and so has its weights already."""
    return layer.name.endswith(SECOND) and _shapes(layer) != _shapes(_named(target, layer.name))


def _named(model: keras.Model, name: str) -> keras.layers.Layer:
    found = {layer.name: layer for layer in model.layers}.get(name)
    if found is None:
        raise ValueError(f"has a layer {name} that this recipe's network has not")
    return found


def _give(layer: keras.layers.Layer, other: keras.layers.Layer) -> None:
    if _shapes(layer) != _shapes(other):
        raise ValueError(f"its layer {layer.name} is {_shapes(layer)}, this recipe's {_shapes(other)}")
    other.set_weights(layer.get_weights())


def _width(layer: keras.layers.Layer) -> int:
    return int(layer.weights[0].shape[-1])


def _shapes(layer: keras.layers.Layer) -> list[tuple[Any, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]
