"""`single-image`: a photograph through a single neuron.

Command:  python -m training gallery --only single-image
Expected: in ten seconds on two cores 46 dB on the photograph that it was trained on, 9 dB on any other.
"""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from models.pixels import FloatImage, to_float
from training.gallery.drawing import canvas, draw_rows
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.fitting import answer, dense, rmse, seeded, train
from training.gallery.studio import Studio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 128
COPIES, EPOCHS, RATE = 50, 40, 3e-2


def _make(studio: Studio) -> Shown:
    seeded()
    learned, other = (_photograph(name) for name in ("astronaut", "coffee"))
    network = dense(learned.size, 1, learned.size, last="sigmoid")
    copies = np.tile(learned.reshape(1, -1), (studio.scaled(COPIES, 2), 1))
    epochs = studio.scaled(EPOCHS, 1)
    train(network, copies, copies, loss="mean_squared_error", epochs=epochs, batch=1, rate=RATE)
    outputs = [answer(network, each.reshape(1, -1)).reshape(each.shape) for each in (learned, other)]
    rows = (
        ("the photograph it was trained on", _psnr(learned, outputs[0]), ""),
        ("another photograph", _psnr(other, outputs[1]), _psnr(learned, outputs[1])),
    )
    return Shown(
        picture=_picture(learned, other, outputs),
        alt="A portrait and the network's output, which looks the same; a cup of coffee and the output for it, the "
        "portrait again.",
        table=Table(("input", "PSNR to it (dB)", "PSNR to the trained one (dB)"), rows),
        text=f"One photograph of scikit-image's, {SIDE}×{SIDE}×3, through one tanh neuron and back through a sigmoid: "
        f"{learned.size:,}-1-{learned.size:,}, trained on it alone with {COPIES * EPOCHS:,} steps of Adam on the "
        "squared error. The output is nearly perfect, and nothing was compressed: one number can't hold a photograph. "
        f"What learned it are the {learned.size:,} biases of the last layer; shown a photograph that it has never "
        "seen, the network answers with the one that it knows. A small error on what a network was trained on says "
        "nothing about what it can do. PSNR is that of the output in floating point.",
        headline=f"PSNR {_psnr(learned, outputs[0])} dB, of the one photograph that it knows",
    )


def _photograph(name: str) -> FloatImage:
    """Return a photograph of scikit-image's, cut to a square, (SIDE, SIDE, 3) in 0-1."""
    from skimage import data

    with Image.fromarray(getattr(data, name)()) as image:
        side = min(image.size)
        square = image.crop((0, 0, side, side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return to_float(np.asarray(square))


def _psnr(target: FloatImage, output: FloatImage) -> str:
    return f"{-20 * np.log10(rmse(target, output)):.1f}"


def _picture(learned: FloatImage, other: FloatImage, outputs: list[FloatImage]) -> "Figure":
    figure = canvas(10, 2.9)
    titles = ("trained on this", "output for it", "another photograph", "output for it")
    draw_rows(figure, [("", [learned, outputs[0], other, outputs[1]])], titles)
    return figure


EXHIBIT = Exhibit("single-image", "A photograph through a single neuron", _make, minutes=0.2)
