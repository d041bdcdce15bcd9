"""`sine-cosine`: one dense network learns sine and cosine at once.

Command:  python -m training gallery --only sine-cosine
Expected: in a quarter of a minute on two cores an RMSE of 0.018 to the sine and 0.020 to the cosine, from samples with
          noise of 0.1.
"""

from typing import TYPE_CHECKING

import numpy as np

from training.gallery.curves import EPOCHS, NOISE, POINTS, SAMPLES, WIDTH, Fitted, fitted
from training.gallery.drawing import OTHER, OURS, TRUTH, canvas
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.studio import Studio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = ("sin(x)", "cos(x)")
DEGREES = (5, 13)


def _make(studio: Studio) -> Shown:
    found = fitted((np.sin, np.cos), studio)
    errors = found.errors(found.network)
    rows = (
        (f"dense network 1-{WIDTH}-{WIDTH}-2, tanh", f"{found.parameters:,}", *_printed(errors)),
        *(
            (
                f"two polynomials of degree {degree}",
                f"{2 * degree + 2}",
                *_printed(found.errors(found.polynomial(degree))),
            )
            for degree in DEGREES
        ),
        ("the noise in the samples", "", *_printed([NOISE, NOISE])),
    )
    return Shown(
        picture=_picture(found),
        alt="Sine and cosine over two periods each way amid their noisy samples; the network's two curves cover both.",
        table=Table(("method", "parameters", *(f"RMSE to {name}" for name in NAMES)), rows),
        text=f"One network with two outputs, trained on {SAMPLES:,} positions between -2π and 2π, each with a noisy "
        f"sample of both functions (Gaussian, standard deviation {NOISE}): {EPOCHS} epochs of Adam on the squared "
        "error. The hidden layers are shared: both curves are made of the same features, with two more weights a "
        "feature. Errors are measured against the true functions at 801 points.",
        headline=f"RMSE {errors[0]:.3f} and {errors[1]:.3f}, from samples with noise of {NOISE}",
    )


def _printed(errors: list[float]) -> list[str]:
    return [f"{error:.4f}" for error in errors]


def _picture(found: Fitted) -> "Figure":
    figure = canvas(10, 4)
    axes = figure.subplots()
    for column, (name, colour) in enumerate(zip(NAMES, (OURS, OTHER), strict=True)):
        axes.scatter(found.positions, found.samples[:, column], s=3, color=colour, alpha=0.2)
        axes.plot(POINTS, found.truth[:, column], color=TRUTH, linewidth=3, alpha=0.4)
        axes.plot(POINTS, found.network[:, column], color=colour, label=f"network's {name}")
    axes.plot([], [], color=TRUTH, linewidth=3, alpha=0.4, label="true functions")
    axes.set(xlabel="x (radians)", ylabel="y", ylim=(-1.5, 1.8))
    axes.legend(loc="upper center", ncols=3, fontsize=9)
    return figure


EXHIBIT = Exhibit("sine-cosine", "Sine and cosine at once", _make, minutes=0.25)
