"""What the digits' exhibits have in common: figures on the test images, a row of each digit, points of a plane."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from models.card import Figure, ModelCard
from models.pixels import ByteImage, FloatImage, to_float
from training import digit_figures
from training.digits import Digits, Part, test_part
from training.gallery.exhibit import Table
from training.gallery.fitting import answer
from training.gallery.studio import Studio

CLASSES = 10
NEIGHBOURS = f"{digit_figures.NEIGHBOURS}-nearest-neighbour accuracy"
COLUMNS = (
    ("binary cross-entropy", "cross-entropy (nats/pixel)", "{:.4f}"),
    ("squared error", "squared error per image", "{:.2f}"),
    (NEIGHBOURS, "5-NN accuracy", "{:.1f} %"),
)
"""Each metric as in training.digit_figures, its column's title and how it is printed."""


def measured(card: ModelCard, model: keras.Model, studio: Studio) -> dict[str, float]:
    """Return the figures of an autoencoder on the test images by metric: the card's if it has them, else measured.

    When fast, the card's whatever they were measured on.
    """
    found = card.figures if studio.fast else _of_test(card, studio.digits())
    return {each.metric: each.value for each in found or digit_figures.figures(card, model, studio.digits())}


def _of_test(card: ModelCard, digits: Digits) -> list[Figure]:
    part = test_part(digits)
    return [figure for figure in card.figures if (figure.dataset, figure.images) == (part.name, len(part.images))]


def beside_pca(name: str, values: dict[str, float], dimension: int) -> Table:
    """Return the table of an autoencoder's figures and those of PCA of as many dimensions."""
    methods = ((name, ""), (f"PCA, {dimension} components", f" of PCA at {dimension}"))
    rows = [(label, *(form.format(values[f"{metric}{of}"]) for metric, _, form in COLUMNS)) for label, of in methods]
    return Table(("method", *(title for _, title, _ in COLUMNS)), tuple(rows))


def one_of_each(part: Part) -> ByteImage:
    """Return the first image of each class, (classes, 28, 28, 1)."""
    _, first = np.unique(part.labels, return_index=True)
    return part.images[first]


def through(model: keras.Model, images: ByteImage) -> FloatImage:
    """Return what `model` makes of a few images (N, 28, 28, 1): the same in 0-1."""
    return answer(model, {"image": to_float(images)})


def scatter_by_class(axes: Any, points: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> None:
    """Draw points (N, 2) in the colours of their classes, which a legend names, as a number does at each median."""
    drawn = axes.scatter(*points.T, c=labels, cmap="tab10", vmin=-0.5, vmax=CLASSES - 0.5, s=3, alpha=0.5, linewidths=0)
    axes.legend(*drawn.legend_elements(num=None, alpha=1), title="digit", fontsize=9, loc="upper right")
    for label in np.unique(labels):
        x, y = np.median(points[labels == label], axis=0)
        box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "gray", "alpha": 0.8}
        axes.text(x, y, str(label), ha="center", va="center", fontsize=9, bbox=box)
