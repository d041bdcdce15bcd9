"""`digits-dense`: a deep dense autoencoder of handwritten digits, sigmoids all through, 20 epochs.

Command:  python -m training gallery --only digits-dense  (an artifact: python -m training fit digits-dense --epochs 20)
Expected: in 4 minutes on two cores a mean squared error of 0.0043 on the test images after 20 epochs; the original
          had 0.0849.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from models.pixels import ByteImage, FloatImage, to_float
from training.digits import test_part, training_part
from training.gallery.digit_pictures import one_of_each, through
from training.gallery.drawing import OTHER, OURS, TRUTH, canvas, draw_rows
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.fitting import answer, seeded
from training.gallery.studio import Studio
from training.recipes.digits_dense import RECIPE
from training.schedule import WARM_UP_STEPS, learning_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORIGINAL = 0.0849
EPOCHS, BATCH = 20, 128


@dataclass(frozen=True)
class Way:
    """A way to train the network; `name` and `colour` are its curve's."""

    name: str
    colour: str
    optimizer: Callable[[float], Any]
    rate: float
    loss: str


OUR_WAY = Way("Adam, cross-entropy", OURS, keras.optimizers.Adam, 3e-3, "binary_crossentropy")
WAYS = (
    OUR_WAY,
    Way("Adam, squared error", OTHER, keras.optimizers.Adam, 3e-3, "mean_squared_error"),
    Way("gradient descent, squared error", "tab:green", keras.optimizers.SGD, 0.1, "mean_squared_error"),
)
"""Ours first; the others tell which part of it makes the difference."""


class _Epochs(keras.callbacks.Callback):
    """Sets the rate before each epoch, which falls over the last ones as in every run here; measures after each.

    There is no warm-up, which takes place between the steps of an epoch.
    """

    def __init__(self, way: Way, epochs: int, images: FloatImage) -> None:
        super().__init__()
        self._way, self._epochs, self._images = way, epochs, images
        self.errors: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        fraction = epoch / self._epochs
        rate = learning_rate(self._way.rate, RECIPE.decay_from, fraction, steps=WARM_UP_STEPS)
        self.model.optimizer.learning_rate = rate

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        output = answer(self.model, {"image": self._images})
        self.errors.append(float(np.mean(np.square(output - self._images))))


def _make(studio: Studio) -> Shown:
    digits = studio.digits()
    training, test = (to_float(part(digits).images) for part in (training_part, test_part))
    epochs = studio.scaled(EPOCHS, 2)
    trained = {way: _trained(way, epochs, training, test) for way in WAYS}
    mean = float(np.mean(np.square(training.mean(axis=0) - test)))
    model, errors = trained[OUR_WAY]
    curves = {way: found for way, (_, found) in trained.items()}
    rows = (
        *((f"ours: {way.name}" if way is OUR_WAY else way.name, f"{found[-1]:.4f}") for way, found in curves.items()),
        ("the original", f"{ORIGINAL}"),
        ("the mean of all training images", f"{mean:.4f}"),
    )
    return Shown(
        picture=_picture(curves, mean, model, one_of_each(test_part(digits))),
        alt="Curves of the mean squared error over 20 epochs: those of Adam, with either loss, fall far below others, "
        "gradient descent's stops at the mean image's error, a little below the original's line. Under them ten digits "
        "above their reconstructions, which look the same.",
        table=Table(("method", f"mean squared error after {EPOCHS} epochs"), rows),
        text=f"784-256-128-256-784 with sigmoids all through, as in the original, trained on {len(training):,} images "
        f"in batches of {BATCH}, from Keras' own initialisation; the error is that of all test images, pixels in 0-1. "
        f"The original ended at {ORIGINAL}, worse than the mean image, which knows nothing of its input: through four "
        "layers of sigmoids the gradient fades, and plain gradient descent on the squared error stays there too (the "
        "last curve). Adam's steps have the same size however small the gradient, and that is what makes the "
        "difference. The loss makes none: the curves of cross-entropy and squared error lie on each other.",
        headline=f"mean squared error {errors[-1]:.4f}; the original's {ORIGINAL}",
    )


def _trained(way: Way, epochs: int, training: FloatImage, test: FloatImage) -> tuple[keras.Model, list[float]]:
    """Return the network trained in that way and its mean squared error on `test` after each epoch."""
    seeded()
    model = RECIPE.build("float32")
    xla, steps = keras.backend.backend() != "tensorflow", -(-len(training) // BATCH)
    model.compile(way.optimizer(way.rate), loss=way.loss, jit_compile=xla, steps_per_execution=steps)
    measure = _Epochs(way, epochs, test)
    model.fit({"image": training}, training, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[measure])
    return model, measure.errors


def _picture(curves: Mapping[Way, list[float]], mean: float, model: keras.Model, originals: ByteImage) -> "Figure":
    figure = canvas(12.5, 4.6)
    parts: Any = figure.subfigures(2, 1, height_ratios=(3, 1.9))
    above, below = parts
    axes = above.subplots()
    for way, errors in curves.items():
        axes.plot(range(1, len(errors) + 1), errors, "o-", color=way.colour, markersize=3, label=way.name)
    axes.axhline(ORIGINAL, color=TRUTH, linewidth=1, label=f"the original's end, {ORIGINAL}")
    axes.axhline(mean, color="gray", linestyle="--", linewidth=1, label=f"the mean image, {mean:.4f}")
    axes.set(xlabel="epoch", ylabel="mean squared error", yscale="log", xticks=range(1, len(errors) + 1))
    axes.legend(fontsize=9, loc="center right")
    draw_rows(below, [("originals", originals), ("reconstructions", through(model, originals))])
    return figure


EXHIBIT = Exhibit("digits-dense", "Sigmoids all through", _make, minutes=4)
