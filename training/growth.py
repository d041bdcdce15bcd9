"""Starting a network from a smaller one's weights, so that training adds up across architectures too."""

from collections.abc import Collection

import keras
import numpy as np

from models.card import Expert
from models.loader import DENOISER, denoiser_of, experts_of

Layers = dict[str, keras.layers.Layer]
"""Layers by their place in a network."""


def adopt(source: keras.Model, target: keras.Model, without: Collection[str] = ()) -> None:
    """Give `target` the weights of `source`, layer by layer by their names, nested submodels included.

    Layers that `target` has in addition stay as they were built. Our residual branches and new levels start at zero,
    so a network that grew by blocks or levels computes what the smaller one did (Net2Net, Chen et al. 2016). Experts
    that `target` has not are left out, and the submodels `without`.
    Raises ValueError for a layer of `source` that `target` lacks or has in another shape.
    """
    places = _layers(target)
    left_out = {*without} | experts_of(source).keys() - experts_of(target).keys()
    for place, layer in _layers(source).items():
        if place.split("/")[0] in left_out:
            continue
        found = places.get(place)
        if found is None:
            raise ValueError(f"has a layer {place} that this recipe's network has not")
        if _shapes(found) != _shapes(layer):
            raise ValueError(f"its layer {place} is {_shapes(layer)}, this recipe's {_shapes(found)}")
        found.set_weights(layer.get_weights())


def trained_experts(model: keras.Model) -> set[Expert]:
    """Return the experts in `model` that are not its denoiser for all noise, or that one grown.

    Training moves every weight, and growing none that was there: so the layers that both have tell.
    """
    layers = _layers(denoiser_of(model))
    return {name for name, expert in experts_of(model).items() if not _has_all(_layers(expert), layers)}


def settle_experts(model: keras.Model, trained: Collection[str]) -> None:
    """Make the experts in `model` that are not among `trained`, names, do what its denoiser for all noise does."""
    for name, expert in experts_of(model).items():
        if name not in trained:
            adopt(model.get_layer(DENOISER), expert)


def _has_all(places: Layers, others: Layers) -> bool:
    """Return whether `places` has each of the `others`, with the same weights."""
    return all(place in places and _is_same(places[place], layer) for place, layer in others.items())


def _is_same(one: keras.layers.Layer, other: keras.layers.Layer) -> bool:
    return all(map(np.array_equal, one.get_weights(), other.get_weights()))


def _layers(model: keras.Model, prefix: str = "") -> Layers:
    """Return the layers with weights by their place: submodels' names and their own, with slashes between."""
    found: Layers = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found |= _layers(layer, f"{prefix}{layer.name}/")
        elif layer.weights:
            found[prefix + layer.name] = layer
    return found


def _shapes(layer: keras.layers.Layer) -> list[tuple[int, ...]]:
    return [tuple(np.shape(weight)) for weight in layer.get_weights()]
