"""`sine`: a small dense network learns a sine from noisy samples.

Command:  python -m training gallery --only sine
Expected: in a quarter of a minute on two cores an RMSE of 0.017 to the true sine, a sixth of the noise in the samples;
          the best polynomial, of degree 9, has 0.011.
"""

from typing import TYPE_CHECKING

import numpy as np

from training.gallery.curves import EPOCHS, NOISE, POINTS, SAMPLES, WIDTH, Fitted, fitted
from training.gallery.drawing import OTHER, OURS, TRUTH, canvas
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.studio import Studio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = 5
"""The degree of the polynomial in the picture: the highest that can't follow the curve."""
DEGREES = (DRAWN, 9, 13)


def _make(studio: Studio) -> Shown:
    found = fitted((np.sin,), studio)
    network = found.errors(found.network)[0]
    polynomials = [(degree, found.errors(found.polynomial(degree))[0]) for degree in DEGREES]
    rows = (
        (f"dense network 1-{WIDTH}-{WIDTH}-1, tanh", f"{found.parameters:,}", f"{network:.4f}"),
        *((f"polynomial of degree {degree}", f"{degree + 1}", f"{error:.4f}") for degree, error in polynomials),
        ("the noise in the samples", "", f"{NOISE:.4f}"),
    )
    return Shown(
        picture=_picture(found),
        alt="A sine over two periods each way amid its noisy samples: the network's curve covers it, a polynomial of "
        f"degree {DRAWN} leaves it at the edges.",
        table=Table(("method", "parameters", "RMSE to the true sine"), rows),
        text=f"Trained on {SAMPLES:,} samples of sin(x) between -2π and 2π with Gaussian noise of standard deviation "
        f"{NOISE}: {EPOCHS} epochs of Adam on the squared error. The network is told nothing about sines and sees "
        "the noise, yet follows the curve below it. Its error is measured against the true sine at 801 points, none "
        "of which need be a sample. Least squares with a polynomial of a high enough degree does better with a "
        "fraction of the parameters: for one smooth function of one variable a network is not needed.",
        headline=f"RMSE {network:.3f}, from samples with noise of {NOISE}",
    )


def _picture(found: Fitted) -> "Figure":
    figure = canvas(10, 4)
    axes = figure.subplots()
    axes.scatter(found.positions, found.samples[:, 0], s=5, color="lightgray", label="noisy samples")
    axes.plot(POINTS, found.truth[:, 0], color=TRUTH, linewidth=3, alpha=0.5, label="sin(x)")
    axes.plot(POINTS, found.network[:, 0], color=OURS, label="network")
    axes.plot(POINTS, found.polynomial(DRAWN)[:, 0], "--", color=OTHER, label=f"polynomial of degree {DRAWN}")
    axes.set(xlabel="x (radians)", ylabel="y", ylim=(-1.5, 1.8))
    axes.legend(loc="upper center", ncols=4, fontsize=9)
    return figure


EXHIBIT = Exhibit("sine", "A sine from noisy samples", _make, minutes=0.25)
