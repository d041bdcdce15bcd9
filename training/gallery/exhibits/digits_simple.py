"""`digits-simple`: the smallest autoencoder of handwritten digits, 784-32-784.

Command:  python -m training gallery --only digits-simple  (the model alone: python -m training fit digits-simple)
Expected: in 2 minutes, on half of a core, a cross-entropy of 0.0908 nats a pixel on the test images (PCA at 32: 0.117,
          the tutorial: 0.093), a squared error of 7.35 an image (11.9), 97.6 % with 5 neighbours (97.2 %).
"""

from training.digits import test_part
from training.gallery.digit_pictures import beside_pca, measured, one_of_each, through
from training.gallery.drawing import rows_of_pictures
from training.gallery.exhibit import Exhibit, Shown
from training.gallery.studio import Studio

ASKED = 0.093
"""The cross-entropy of the Keras tutorial."""


def _make(studio: Studio) -> Shown:
    card, model = studio.model("digits-simple")
    originals = one_of_each(test_part(studio.digits()))
    values = measured(card, model, studio)
    error, pca = values["binary cross-entropy"], values["binary cross-entropy of PCA at 32"]
    return Shown(
        picture=rows_of_pictures([("originals", originals), ("reconstructions", through(model, originals))]),
        alt="Ten handwritten digits, and below them their reconstructions: the same digits, a little blurred.",
        table=beside_pca("784-32-784", values, 32),
        text=f"One dense layer to 32 values and one back, through a sigmoid: {card.parameters:,} parameters, trained "
        f"with cross-entropy for {card.training.minutes:g} minutes, {card.training.steps:,} steps "
        f"({card.training.data}). Below each test image is what is left of it after the 32 values. Figures "
        "are those of all test images; the neighbours are sought among the training images. PCA has as many values "
        "and a linear way both there and back; here the sigmoid at the end makes the difference, and the loss that "
        f"suits it. The tutorial's cross-entropy was {ASKED}.",
        headline=f"cross-entropy {error:.4f}; the tutorial's {ASKED}, PCA at 32: {pca:.3f}",
    )


EXHIBIT = Exhibit("digits-simple", "The smallest autoencoder of digits", _make, minutes=3)
