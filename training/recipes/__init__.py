"""The recipes, by name. One file a recipe; each says its command, time and expected result at the top."""

from typing import Any

from training.recipe import Recipe
from training.recipes import digits_ae, digits_denoise, photo, photo_best

RECIPES: dict[str, Recipe[Any]] = {
    recipe.name: recipe for recipe in (digits_denoise.RECIPE, digits_ae.RECIPE, photo.RECIPE, photo_best.RECIPE)
}


def recipe_named(name: str) -> Recipe[Any]:
    """Return a recipe. Raises ValueError that names the recipes there are."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name}; there are: {', '.join(RECIPES)}")
    return RECIPES[name]
