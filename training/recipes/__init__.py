"""The recipes, by name. One file a recipe; each says its command, time and expected result at the top."""

from typing import Any

from training.recipe import Recipe
from training.recipes import (
    digits_ae,
    digits_denoise,
    digits_dense,
    digits_latent2d,
    digits_simple,
    photo,
    photo_ae,
    photo_best,
    photo_boxes,
)

_MODULES = (
    digits_simple,
    digits_dense,
    digits_latent2d,
    digits_ae,
    digits_denoise,
    photo,
    photo_best,
    photo_boxes,
    photo_ae,
)
RECIPES: dict[str, Recipe[Any]] = {module.RECIPE.name: module.RECIPE for module in _MODULES}


def recipe_named(name: str) -> Recipe[Any]:
    """Return a recipe. Raises ValueError that names the recipes there are."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name}; there are: {', '.join(RECIPES)}")
    return RECIPES[name]
