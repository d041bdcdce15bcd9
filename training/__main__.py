"""The command line of the training package: `python -m training list | fit | evaluate`."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.store import BUNDLED, ArtifactError, newest, verify
from training.evaluate import PROTOCOLS, figures_of
from training.interrupt import Interrupted
from training.recipes import RECIPES, recipe_named

if TYPE_CHECKING:
    import keras

LARGEST_MULTIPLE = 8
"""What the sides of a denoiser's input may have to be multiples of."""

INTERRUPTED = 130
"""The exit status of a run that a signal stopped, as shells have it."""


def _minutes(text: str) -> float:
    """Return a positive number of minutes; argparse reports a ValueError."""
    minutes = float(text)
    if not 0 < minutes < math.inf:
        raise ValueError
    return minutes


def _rate(text: str) -> float:
    """Return a positive learning rate; argparse reports a ValueError."""
    rate = float(text)
    if not 0 < rate < 1:
        raise ValueError
    return rate


def _fraction(text: str) -> float:
    """Return a fraction of the run, 0 up to but not including 1; argparse reports a ValueError."""
    fraction = float(text)
    if not 0 <= fraction < 1:
        raise ValueError
    return fraction


def _epochs(text: str) -> int:
    """Return a positive number of epochs; argparse reports a ValueError."""
    epochs = int(text)
    if epochs < 1:
        raise ValueError
    return epochs


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train and measure Limpid's models.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the recipes, with their parameters and cost")

    fit = commands.add_parser("fit", help="train a recipe and write an artifact")
    fit.add_argument("recipe", choices=sorted(RECIPES))
    fit.add_argument("--data", type=Path, help="folder of photographs, or an .npz of digits (default: Keras' MNIST)")
    length = fit.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_minutes, help="wall time to train for (default: the recipe's)")
    length.add_argument("--epochs", type=_epochs, help="passes over the data to train for")
    fit.add_argument("--from", dest="start_from", metavar="ARTIFACT", help="begin with this artifact's weights")
    fit.add_argument("--rate", type=_rate, help="peak learning rate (default: the recipe's)")
    fit.add_argument("--decay-from", type=_fraction, help="part of the run at which it begins to fall, 0-1")
    fit.add_argument("--only", metavar="OUTPUT", help="train the network of one output, such as photo's noise, alone")
    fit.add_argument("--resume", action="store_true", help="go on with an interrupted run; repeat its other options")
    fit.add_argument("--out", type=Path, default=Path("runs/artifacts"), help="where to put <name>/<version>/")
    fit.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="of the trunk")

    evaluate = commands.add_parser("evaluate", help="measure a model")
    evaluate.add_argument("model", help="an artifact's folder, or a name[@version] of those in the repository")
    evaluate.add_argument("--data", type=Path, required=True, help="folder of clean pictures, or an .npz of digits")
    evaluate.add_argument("--sigma", type=float, nargs="+", default=[15.0, 25.0, 50.0], help="of photographs: 0-255")
    evaluate.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0], help="of photographs")
    evaluate.add_argument("--auto", action="store_true", help="let the model estimate the noise level, as sigma=auto")
    evaluate.add_argument(
        "--ensemble", action="store_true", help="the mean over 8 flips and rotations, as ensemble=true"
    )
    evaluate.add_argument("--card", action="store_true", help="put the figures into the artifact's card")
    return parser


def _list() -> None:
    from training.complexity import kmac_per_pixel

    print(f"{'recipe':16} {'parameters':>10} {'kMAC/pixel':>10} {'radius':>6}  summary")
    for recipe in RECIPES.values():
        model = recipe.build("float32")
        seen = _field_radius(model)
        print(f"{recipe.name:16} {model.count_params():>10} {kmac_per_pixel(model):>10.2f} {seen:>6}  {recipe.summary}")


def _field_radius(model: "keras.Model") -> str:
    """Return the radius in pixels of a denoiser's receptive field, `all` for a network of one size."""
    from models.loader import denoiser_of
    from training.complexity import receptive_radius

    network = denoiser_of(model)
    return "all" if network.inputs[0].shape[1] else str(receptive_radius(network, LARGEST_MULTIPLE))


def _fit(arguments: argparse.Namespace) -> None:
    from training.fit import Run, fit

    options = {key: value for key, value in vars(arguments).items() if key != "command"}
    folder = fit(Run(**{**options, "recipe": recipe_named(arguments.recipe)}))
    print(f"wrote {folder}")


def _evaluate(arguments: argparse.Namespace) -> None:
    from models.loader import load
    from training.export import add_figures

    folder = Path(arguments.model) if Path(arguments.model).is_dir() else newest(BUNDLED, arguments.model)
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


def main(words: Sequence[str] | None = None) -> int:
    """Run the command in `words` (default: the process's own).

    Returns 0, 1 with one line on what was wrong, or INTERRUPTED.
    """
    arguments = _parser().parse_args(words)
    commands = {"list": lambda _: _list(), "fit": _fit, "evaluate": _evaluate}
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
