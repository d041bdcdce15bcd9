"""`vector-5-2-5`: an autoencoder that sends five values through two neurons.

Command:  python -m training gallery --only vector-5-2-5
Expected: in ten seconds on two cores an RMSE of 0.004; PCA with two components has 0.283.
"""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from training.gallery.drawing import OURS, canvas
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.fitting import Values, answer, dense, rmse, seeded, train
from training.gallery.studio import Studio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE, HIDDEN = 5, 2
COPIES, EPOCHS, BATCH, RATE = 1_000, 30, 50, 5e-2
VECTORS: Values = np.eye(SIZE, dtype=np.float32)


def _make(studio: Studio) -> Shown:
    seeded()
    network = dense(SIZE, HIDDEN, SIZE, last="sigmoid")
    copies = np.tile(VECTORS, (studio.scaled(COPIES, 10), 1))
    epochs = studio.scaled(EPOCHS, 1)
    train(network, copies, copies, loss="binary_crossentropy", epochs=epochs, batch=BATCH, rate=RATE)
    ours, pca = answer(network, VECTORS), _pca()
    rows = (
        (f"autoencoder {SIZE}-{HIDDEN}-{SIZE}", *_errors(ours)),
        (f"PCA, {HIDDEN} components", *_errors(pca)),
    )
    return Shown(
        picture=_picture(ours, pca, answer(_encoder(network), VECTORS)),
        alt="Three tables of numbers as heat maps: the five unit vectors, the autoencoder's output, which is the same, "
        "and that of PCA, which is blurred; beside them the five vectors as points around the centre of a plane.",
        table=Table(("method", "RMSE", "largest error"), rows),
        text=f"An autoencoder of one hidden layer, {HIDDEN} neurons with tanh, and {SIZE} outputs through a sigmoid, "
        f"trained on the {SIZE} unit vectors with cross-entropy and Adam ({EPOCHS * COPIES * SIZE // BATCH:,} steps "
        f"of {BATCH} vectors). It places the vectors around the centre of the plane that the two neurons span: each "
        "can then be cut off from the others with a straight line, which is what an output neuron does. PCA with two "
        "components has the same plane but a linear way back, and there are four equally important directions: it "
        "loses half of the variance, whichever two it takes. Errors are over all 25 values.",
        headline=f"RMSE {rmse(VECTORS, ours):.4f}; PCA at 2: {rmse(VECTORS, pca):.2f}",
    )


def _pca() -> Values:
    from sklearn.decomposition import PCA

    pca = PCA(HIDDEN, random_state=0)
    return np.asarray(pca.inverse_transform(pca.fit_transform(VECTORS)), dtype=np.float32)


def _errors(found: Values) -> tuple[str, str]:
    return f"{rmse(VECTORS, found):.4f}", f"{np.abs(VECTORS - found).max():.4f}"


def _encoder(network: keras.Model) -> keras.Model:
    return keras.Model(network.inputs[0], network.layers[0].output)


def _picture(ours: Values, pca: Values, places: Values) -> "Figure":
    figure = canvas(12, 3.6)
    *maps, plane = figure.subplots(1, 4)
    titles = ("in", "out: autoencoder", "out: PCA, two components")
    for axes, title, values in zip(maps, titles, (VECTORS, ours, pca), strict=True):
        _heat_map(axes, title, values)
    maps[0].set_ylabel("vector")
    plane.scatter(*places.T, color=OURS)
    for number, place in enumerate(places, start=1):
        plane.annotate(f"{number}", place, xytext=(6, 6), textcoords="offset points", annotation_clip=False)
    plane.set(title="the two hidden neurons", xlabel="first neuron", ylabel="second neuron")
    plane.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal")
    return figure


def _heat_map(axes: Any, title: str, values: Values) -> None:
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > 0.5 else "black"
        axes.text(column, row, f"{np.round(value, 2) + 0.0:.2f}", ha="center", va="center", color=colour, fontsize=9)
    places = range(len(values))
    axes.set(title=title, xlabel="value", xticks=places, yticks=places)
    axes.set_xticklabels([f"{place + 1}" for place in places])
    axes.set_yticklabels([f"{place + 1}" for place in places])


EXHIBIT = Exhibit("vector-5-2-5", "Five values through two neurons", _make, minutes=0.2)
