"""`photo-ae`: the autoencoder of photographs, and finding a photograph again by its 256 values.

Command:  python -m training gallery --only photo-ae  (the model alone: python -m training fit photo-ae --data FOLDER)
Expected: half a minute; on 331 held-out photographs 21.72 dB (PCA at 256: 20.56), and all of them found again after
          each disturbance.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np

from models.autoencoding import to_input
from models.card import Figure, ModelCard
from models.loader import autoencoder_of
from models.pixels import ByteImage
from training.gallery.drawing import rows_of_pictures
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.studio import Studio
from training.inference import run_in_batches, runner
from training.photo_autoencoder_figures import HELD_OUT, figures, spec_of
from training.recipes.photo_ae import RECIPE
from training.retrieval import DISTURBANCES

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

QUALITIES = ("PSNR", "SSIM")
RECALLS = tuple(f"recall@1 after {name}" for name in DISTURBANCES)


def _make(studio: Studio) -> Shown:
    model, found, story = _network(studio)
    values = {figure.metric: figure.value for figure in found}
    pca = next(metric.removeprefix("PSNR") for metric in values if metric.startswith("PSNR of PCA"))
    return Shown(
        picture=_picture(model),
        alt="Six photographs squeezed to 128 x 128 pixels, and below them what comes back of 256 values each: "
        "shapes, light and most colours are there, fine texture is not.",
        table=_table(values, pca),
        text=f"{story} Brightness and contrast are taken out of a picture before it is encoded and put back beside the "
        "embedding, so that neither is part of it. The photographs shown are scikit-image's, and none of them was "
        f"trained on. Figures are those of {found[0].images} held-out photographs; each is disturbed at its own size, "
        "squeezed to 128 x 128 and searched among all of them by the cosine of the embeddings. PCA has as many "
        "values, and is fitted to the training photographs, standardised in the same way.",
        headline=f"{values['PSNR']:.2f} dB (PCA: {values[f'PSNR{pca}']:.2f}), found again: "
        f"{_least(values, ''):.1f} % at least ({_least(values, pca):.1f} %)",
    )


def _network(studio: Studio) -> tuple[keras.Model, Sequence[Figure], str]:
    """Return the network, its figures and its story; in a fast gallery it is untrained."""
    if studio.fast:
        model, photographs = RECIPE.build("float32"), _photographs()
        return model, figures(model, photographs[:3], photographs[3:]), "An untrained network."
    card, model = studio.model(RECIPE.name)
    return model, [figure for figure in card.figures if figure.dataset == HELD_OUT], _story(card)


def _story(card: ModelCard) -> str:
    return (
        f"The artifact that the service serves, {card.reference}: {card.parameters:,} parameters, trained for "
        f"{card.training.minutes:g} minutes on {card.training.data}."
    )


def _least(values: dict[str, float], method: str) -> float:
    return 100 * min(values[f"{name}{method}"] for name in RECALLS)


def _table(values: dict[str, float], pca: str) -> Table:
    columns = ("", "PSNR (dB)", "SSIM", *(f"found after {name} (%)" for name in DISTURBANCES))
    rows = [(label, *_row(values, method)) for label, method in ((RECIPE.name, ""), (pca.removeprefix(" of "), pca))]
    return Table(columns, tuple(rows))


def _row(values: dict[str, float], method: str) -> Sequence[str]:
    quality = [f"{values[f'{name}{method}']:.{places}f}" for name, places in zip(QUALITIES, (2, 3), strict=True)]
    return [*quality, *(f"{100 * values[f'{name}{method}']:.1f}" for name in RECALLS)]


def _picture(model: keras.Model) -> "Picture":
    originals = np.stack([to_input(photograph, spec_of(model)) for photograph in _photographs()])
    restored = run_in_batches(runner(autoencoder_of(model)), originals)
    return rows_of_pictures([("originals", originals), ("from 256 values", restored)], side=1.8)


def _photographs() -> list[ByteImage]:
    from skimage import data

    motorcycle, _, _ = data.stereo_motorcycle()
    gray = np.repeat(data.camera()[..., None], 3, axis=2)
    return [data.astronaut(), data.chelsea(), data.coffee(), data.rocket(), motorcycle, gray]


EXHIBIT = Exhibit("photo-ae", "Photographs in 256 values", _make, minutes=0.2)
