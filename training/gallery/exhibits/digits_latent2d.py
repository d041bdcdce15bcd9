"""`digits-latent2d`: handwritten digits as points of a plane.

Command:  python -m training gallery --only digits-latent2d  (the model alone: python -m training fit digits-latent2d)
Expected: 80.3 % of the test images have the label of most of their 5 nearest neighbours (PCA at 2: 42.4 %), after 8
          minutes on half of a core.
"""

from typing import TYPE_CHECKING

import numpy as np

from models.pixels import FloatImage, to_float
from training.digits import Digits, Part, test_part, training_part
from training.gallery.digit_pictures import NEIGHBOURS, beside_pca, measured, scatter_by_class
from training.gallery.drawing import canvas
from training.gallery.exhibit import Exhibit, Shown
from training.gallery.studio import Studio
from training.inference import encoder_of, run_in_batches

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _make(studio: Studio) -> Shown:
    card, model = studio.model("digits-latent2d")
    digits = studio.digits()
    values = measured(card, model, studio)
    ours, pca = values[NEIGHBOURS], values[f"{NEIGHBOURS} of PCA at 2"]
    part = test_part(digits)
    embedding = run_in_batches(encoder_of(model), to_float(part.images))
    return Shown(
        picture=_picture(embedding, _pca(digits), part, (ours, pca)),
        alt="Two scatter plots of the test images in the colours of their digits: on the left the autoencoder's plane, "
        "where the digits form islands; on the right PCA's, where most of them lie on top of each other.",
        table=beside_pca("784-128-64-10-2 and back", values, 2),
        text=f"A dense autoencoder, 784-128-64-10-2 and back, tanh in its hidden layers: {card.parameters:,} "
        f"parameters, trained on the squared error for {card.training.minutes:g} minutes, {card.training.steps:,} "
        f"steps ({card.training.data}). It never sees a label: the colours, the number at each class's median and "
        "the 5-NN accuracy (test images, neighbours among the training images) are all that uses them. Where PCA has "
        "to lay one flat sheet through the images, the autoencoder may bend its own.",
        headline=f"5-NN {ours:.1f} %; PCA at 2: {pca:.1f} %",
    )


def _pca(digits: Digits) -> FloatImage:
    """Return the test images' two principal components, which are those of the training images."""
    from sklearn.decomposition import PCA

    training, test = (to_float(part(digits).images) for part in (training_part, test_part))
    pca = PCA(2, random_state=0).fit(training.reshape(len(training), -1))
    return np.asarray(pca.transform(test.reshape(len(test), -1)), dtype=np.float32)


def _picture(ours: FloatImage, pca: FloatImage, part: Part, accuracies: tuple[float, float]) -> "Figure":
    figure = canvas(12, 5.6)
    left, right = figure.subplots(1, 2)
    for axes, points, name, share in zip((left, right), (ours, pca), ("autoencoder", "PCA"), accuracies, strict=True):
        scatter_by_class(axes, points, part.labels)
        axes.set(title=f"{name}: 5-NN accuracy {share:.1f} %", xlabel="first value", ylabel="second value")
    right.set(xlabel="first component", ylabel="second component")
    return figure


EXHIBIT = Exhibit("digits-latent2d", "Digits on a plane", _make, minutes=8)
