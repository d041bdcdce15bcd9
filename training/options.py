"""The options of `python -m training`, as argparse has them."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from models.pixels import LEVELS
from training.evaluate import PROTOCOLS
from training.recipes import RECIPES

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

MODEL_HELP = "an artifact's folder, or a name[@version] of those in the repository"


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


def noise_level(text: str) -> float:
    """Return a noise level on the 0-255 scale; argparse reports a ValueError."""
    sigma = float(text)
    if not 0 <= sigma <= LEVELS:
        raise ValueError
    return sigma


def _perplexity(text: str) -> float:
    """Return a number of neighbours, 1 or more; argparse reports a ValueError."""
    perplexity = float(text)
    if not 1 <= perplexity < math.inf:
        raise ValueError
    return perplexity


def _epochs(text: str) -> int:
    """Return a positive number of epochs; argparse reports a ValueError."""
    epochs = int(text)
    if epochs < 1:
        raise ValueError
    return epochs


def parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m training`."""
    whole = argparse.ArgumentParser(prog="python -m training", description="Train and measure Limpid's models.")
    commands = whole.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the recipes, with their parameters and cost")
    _add_fit(commands)
    _add_evaluate(commands)
    _add_gallery(commands)
    _add_project(commands)
    return whole


def _add_fit(commands: "Commands") -> None:
    fit = commands.add_parser("fit", help="train a recipe and write an artifact")
    fit.add_argument("recipe", choices=sorted(RECIPES))
    fit.add_argument("--data", type=Path, help="folder of photographs, or an .npz of digits (default: Keras' MNIST)")
    length = fit.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_minutes, help="wall time to train for (default: the recipe's)")
    length.add_argument("--epochs", type=_epochs, help="passes over the data to train for")
    fit.add_argument("--from", dest="start_from", metavar="ARTIFACT", help="begin with this artifact's weights")
    fit.add_argument("--rate", type=_rate, help="peak learning rate (default: the recipe's)")
    fit.add_argument("--decay-from", type=_fraction, help="part of the run at which it begins to fall, 0-1")
    fit.add_argument("--only", metavar="PART", help="train one part of --from's network alone, such as noise")
    fit.add_argument(
        "--estimator", metavar="ARTIFACT", help="begin with this one's noise estimator, its blocks narrowed if need be"
    )
    fit.add_argument("--resume", action="store_true", help="go on with an interrupted run; repeat its other options")
    fit.add_argument("--out", type=Path, default=Path("runs/artifacts"), help="where to put <name>/<version>/")
    fit.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="of the trunk")


def _add_evaluate(commands: "Commands") -> None:
    evaluate = commands.add_parser("evaluate", help="measure a model")
    evaluate.add_argument("model", help=MODEL_HELP)
    evaluate.add_argument("--data", type=Path, required=True, help="folder of clean pictures, or an .npz of digits")
    evaluate.add_argument(
        "--sigma", type=noise_level, nargs="+", default=[15.0, 25.0, 50.0], help="of photographs: 0-255"
    )
    evaluate.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0], help="of photographs")
    evaluate.add_argument("--auto", action="store_true", help="let the model estimate the noise level, as sigma=auto")
    evaluate.add_argument(
        "--ensemble", action="store_true", help="the mean over 8 flips and rotations, as ensemble=true"
    )
    evaluate.add_argument("--card", action="store_true", help="put the figures into the artifact's card")


def _add_gallery(commands: "Commands") -> None:
    gallery = commands.add_parser("gallery", help="draw every system, with its figures, into a page")
    gallery.add_argument("--fast", action="store_true", help="train for a moment only: to see that it works")
    gallery.add_argument("--only", nargs="+", default=[], metavar="NAME", help="make these exhibits anew")
    gallery.add_argument("--digits", type=Path, metavar="FILE", help="an .npz of digits (default: Keras' MNIST)")
    gallery.add_argument("--photographs", type=Path, metavar="DIR", help="folder of photographs to train on")
    gallery.add_argument(
        "--out", type=Path, help="where to put the page (default: docs/gallery, with --fast runs/gallery-fast)"
    )


def _add_project(commands: "Commands") -> None:
    project = commands.add_parser("project", help="place pictures on a plane by an autoencoder's embeddings of them")
    project.add_argument("model", help=MODEL_HELP)
    project.add_argument("--data", type=Path, required=True, help="folder of pictures, or an .npz of digits")
    project.add_argument("--out", type=Path, default=Path("runs/project"), help="where to put the two files")
    project.add_argument("--perplexity", type=_perplexity, default=30.0, help="of t-SNE (default: 30)")
