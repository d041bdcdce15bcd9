"""`digits-ae`: the convolutional autoencoder of handwritten digits.

Command:  python -m training gallery --only digits-ae  (the model alone: python -m training fit digits-ae)
Expected: ten seconds; the figures are those of the artifact in the repository: a cross-entropy of 0.069 (PCA at 32:
          0.117), a squared error of 2.23 an image (11.9), 98.4 % with 5 neighbours (97.2 %).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np

from models.loader import DECODER, ENCODER
from models.pixels import ByteImage, FloatImage, to_float
from training.digits import Part, test_part
from training.gallery.digit_pictures import NEIGHBOURS, beside_pca, measured, one_of_each, through
from training.gallery.drawing import rows_of_pictures
from training.gallery.exhibit import Exhibit, Shown
from training.gallery.fitting import answer
from training.gallery.studio import Studio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAIRS = ((3, 8), (4, 9), (1, 7))
STEPS = 10


def _make(studio: Studio) -> Shown:
    card, model = studio.model("digits-ae")
    digits = studio.digits()
    part = test_part(digits)
    values = measured(card, model, studio)
    error, share = values["binary cross-entropy"], values[NEIGHBOURS]
    return Shown(
        picture=_picture(model, part),
        alt="Ten handwritten digits, and below them their reconstructions, hard to tell from them; then three "
        "rows in which one digit turns into another step by step: a 3 into an 8, a 4 into a 9, a 1 into a 7.",
        table=beside_pca("convolutional autoencoder", values, 32),
        text=f"The artifact that the service serves, {card.reference}: {card.parameters:,} parameters, convolutions "
        f"and an embedding of 32 values, trained for {card.training.minutes:g} minutes ({card.training.data}). The "
        "first two rows are test images and what comes back of them. In the others the embeddings of two test images, "
        f"the first and the last, are mixed in {STEPS} equal steps and decoded: most of what lies between two digits "
        "looks like writing too. Figures are those of all test images; neighbours are sought among the training "
        "images, embeddings scaled to unit length.",
        headline=f"cross-entropy {error:.4f} (PCA at 32: {values['binary cross-entropy of PCA at 32']:.3f}), "
        f"5-NN {share:.1f} % ({values[f'{NEIGHBOURS} of PCA at 32']:.1f} %)",
    )


def _picture(model: keras.Model, part: Part) -> "Figure":
    originals = one_of_each(part)
    mixed = [(f"from {first} to {last}", _between(model, part, first, last)) for first, last in PAIRS]
    return rows_of_pictures([("originals", originals), ("reconstructions", through(model, originals)), *mixed])


def _between(model: keras.Model, part: Part, *labels: int) -> FloatImage:
    """Return the decoded mixtures of the embeddings of the first image of each of two labels, (STEPS, 28, 28, 1)."""
    ends = answer(model.get_layer(ENCODER), to_float(_firsts(part, labels)))
    shares = np.linspace(0.0, 1.0, STEPS, dtype=np.float32)[:, None]
    return answer(model.get_layer(DECODER), (1 - shares) * ends[0] + shares * ends[1])


def _firsts(part: Part, labels: Sequence[int]) -> ByteImage:
    return part.images[[int(np.argmax(part.labels == label)) for label in labels]]


EXHIBIT = Exhibit("digits-ae", "Digits in 32 values", _make, minutes=0.2)
