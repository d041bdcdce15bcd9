"""Which batches a network is run on: few shapes and few sizes, all of them seen at start-up."""

from collections.abc import Iterator
from itertools import product

from app.registry import Engine, Function
from models.card import Estimator, Input
from models.tiles import Grid, Shape, sides

MAX_BATCH = 64
MAX_BATCH_PIXELS = 2**16
"""Beyond this a larger batch no longer is faster per pixel; see docs/performance.md."""

IN_FLOAT32: tuple[Function, ...] = ("run_float32", "estimate")
"""What is computed in float32 whatever the engine's precision."""

FLOAT32_COST = 1.9
"""How much longer float32 takes than bfloat16; see docs/decisions/0011-depth-and-alpha.md."""


def shapes(spec: Input | Estimator, tile: int) -> list[Shape]:
    """Return the shapes that pictures reach a network in; `tile` is the longest side of one that takes any size."""
    if isinstance(spec, Input) and spec.height and spec.width:
        return [(spec.height, spec.width)]
    possible = sides(tile, spec.multiple)
    return list(product(possible, possible))


def batch_sizes(shape: Shape) -> Iterator[int]:
    """Yield the sizes of batches for `shape`, ascending powers of two."""
    size = 1
    while size == 1 or (size <= MAX_BATCH and size * shape[0] * shape[1] <= MAX_BATCH_PIXELS):
        yield size
        size *= 2


def largest_batch(shape: Shape, available: int) -> int:
    """Return the largest size for `shape` that `available` units fill."""
    return max(size for size in batch_sizes(shape) if size == 1 or size <= available)


def cost(engine: Engine, function: Function, shape: Shape) -> float:
    """Return what a unit of `shape` costs, in multiply-accumulates of the engine's usual precision."""
    slower = function in IN_FLOAT32 and engine.precision != "float32"
    usual = engine.estimate_cost(shape) if function == "estimate" else engine.cost(shape)
    return usual * (FLOAT32_COST if slower else 1.0)


def work_of(engine: Engine, function: Function, height: int, width: int, tile: int, *, turnable: bool = False) -> float:
    """Return what a picture costs, in multiply-accumulates: the tiles' halos included.

    Of the networks that it may go through, in the dearest: which it will be is not known before its noise is.
    `turnable` tiles are those of an ensemble, see models.tiles.Grid.
    """
    spec = engine.card.input
    if spec.height and spec.width:
        return cost(engine, function, (spec.height, spec.width))
    network = engine.card.estimator if function == "estimate" and engine.card.estimator else spec
    grid = Grid(height, width, tile, network.halo, network.multiple, turnable)
    return grid.count * max(cost(each, function, grid.shape) for each in (engine, *engine.experts.values()))
