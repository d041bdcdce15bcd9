"""Starting a network from one whose residual blocks are wider inside, so that their outputs change least.

Channel pruning with least-squares reconstruction (He, Zhang and Sun, "Channel Pruning for Accelerating Very Deep Neural
Networks", 2017): the channels stay that the block's output can do least without, found by removing the least missed
one after the other, and the second convolution is fitted anew to what is left.
"""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

from models.pixels import FloatImage
from training.growth import adopt

FIRST, SECOND = "_first", "_second"
"""How the names of a block's two convolutions end; between them is its inside."""
POSITIONS = 60_000
"""At how many pixels, drawn at random, a block's output is reconstructed at most."""
RIDGE = 1e-5
"""Of the mean square of what is fitted to: without it, channels that do nothing would make the fit unsolvable."""

_Doubles = npt.NDArray[np.float64]


def narrow(source: keras.Model, target: keras.Model, pictures: FloatImage) -> None:
    """Give `target` the weights of `source` as `training.growth.adopt` does, but narrow blocks that are wider inside.

    `pictures` (N, H, W, C) float32 are inputs as `source` is used to them. Blocks are narrowed in order, each fitted to
    what it does with those before it narrowed. `source` stays as it is.
    Raises ValueError for a layer of `source`, outside those blocks, that `target` lacks or has in another shape.
    """
    blocks = _wider_blocks(source, target)
    adopt(source, target, without={block + part for block in blocks for part in (FIRST, SECOND)})
    trial = keras.models.clone_model(source)
    trial.set_weights(source.get_weights())
    rng = np.random.default_rng(0)
    for block in blocks:
        _narrow_block(trial, target, block, pictures, rng)


def _wider_blocks(source: keras.Model, target: keras.Model) -> list[str]:
    """Return the names of the blocks in both that have more channels inside in `source`, in its order."""
    widths, others = _widths_inside(source), _widths_inside(target)
    return [block for block, width in widths.items() if width > others.get(block, width)]


def _widths_inside(model: keras.Model) -> dict[str, int]:
    firsts = {layer.name.removesuffix(FIRST): layer for layer in model.layers if layer.name.endswith(FIRST)}
    seconds = {layer.name.removesuffix(SECOND) for layer in model.layers if layer.name.endswith(SECOND)}
    return {block: first.filters for block, first in firsts.items() if block in seconds}


def _narrow_block(
    trial: keras.Model, target: keras.Model, block: str, pictures: FloatImage, rng: np.random.Generator
) -> None:
    """Narrow one block in `target` and, by nothing from the channels that go, in `trial`."""
    first, second = (trial.get_layer(block + part) for part in (FIRST, SECOND))
    width = target.get_layer(block + FIRST).filters
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
