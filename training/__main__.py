"""The command line of the training package: `python -m training list | fit | evaluate | gallery | project`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.store import BUNDLED, ArtifactError, newest, verify
from training.evaluate import figures_of
from training.interrupt import Interrupted
from training.options import parser
from training.recipes import RECIPES, recipe_named

if TYPE_CHECKING:
    import keras

LARGEST_MULTIPLE = 8
"""What the sides of a denoiser's input may have to be multiples of."""

INTERRUPTED = 130
"""The exit status of a run that a signal stopped, as shells have it."""


def _list() -> None:
    from training.complexity import kmac_of_a_picture

    print(f"{'recipe':16} {'parameters':>10} {'kMAC/pixel':>10} {'radius':>6}  summary")
    for recipe in RECIPES.values():
        model = recipe.build("float32")
        cost, seen = kmac_of_a_picture(model), _field_radius(model)
        print(f"{recipe.name:16} {model.count_params():>10} {cost:>10.2f} {seen:>6}  {recipe.summary}")


def _field_radius(model: "keras.Model") -> str:
    """Return the radius in pixels of a denoiser's largest receptive field, `all` for a network of one size."""
    from models.loader import networks_of
    from training.complexity import receptive_radius

    networks = networks_of(model)
    if networks[0].inputs[0].shape[1]:
        return "all"
    return str(max(receptive_radius(network, LARGEST_MULTIPLE) for network in networks))


def _fit(arguments: argparse.Namespace) -> None:
    from training.fit import Run, fit

    options = {key: value for key, value in vars(arguments).items() if key != "command"}
    folder = fit(Run(**{**options, "recipe": recipe_named(arguments.recipe)}))
    print(f"wrote {folder}")


def _evaluate(arguments: argparse.Namespace) -> None:
    from models.loader import load
    from training.export import add_figures

    folder = _folder(arguments.model)
    artifact = verify(folder)
    figures = figures_of(
        artifact.card,
        load(artifact),
        arguments.data,
        arguments.sigma,
        arguments.protocol,
        auto=arguments.auto,
        ensemble=arguments.ensemble,
    )
    for figure in figures:
        level = "" if figure.sigma is None else f" sigma {figure.sigma:g}"
        print(f"{figure.dataset}{level}: {figure.metric} {figure.value:.4g} {figure.unit} ({figure.images} images)")
    if arguments.card:
        add_figures(folder, figures)


def _folder(model: str) -> Path:
    """Return the artifact's folder that `model` is, or the one in the repository that it names."""
    return Path(model) if Path(model).is_dir() else newest(BUNDLED, model)


def _gallery(arguments: argparse.Namespace) -> None:
    from training.gallery.run import Options, make

    options = {key: value for key, value in vars(arguments).items() if key != "command"}
    print(f"wrote {make(Options(**options))}")


def _project(arguments: argparse.Namespace) -> None:
    from training.project import project

    artifact = verify(_folder(arguments.model))
    for path in project(artifact, arguments.data, arguments.out, arguments.perplexity):
        print(f"wrote {path}")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command in `words` (default: the process's own).

    Returns 0, 1 with one line on what was wrong, or INTERRUPTED.
    """
    arguments = parser().parse_args(words)
    commands = {
        "list": lambda _: _list(),
        "fit": _fit,
        "evaluate": _evaluate,
        "gallery": _gallery,
        "project": _project,
    }
    try:
        commands[arguments.command](arguments)
    except Interrupted as interrupted:
        print(f"training {arguments.command}: {interrupted}", file=sys.stderr)
        return INTERRUPTED
    except (ArtifactError, ValueError, FloatingPointError, OSError) as error:
        print(f"training {arguments.command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
