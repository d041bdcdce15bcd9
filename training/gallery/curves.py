"""Functions of one variable, learned from noisy samples: by a small dense network and, beside it, by polynomials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import Polynomial

from training.gallery.fitting import Values, answer, dense, rmse, seeded, train
from training.gallery.studio import Studio

Curve = npt.NDArray[np.float64]
"""Values at POINTS, one column a function."""

SAMPLES, NOISE, EDGE = 1_000, 0.1, 2 * np.pi
"""How many samples, the standard deviation of their noise, and that they lie between -EDGE and EDGE."""
POINTS: Curve = np.linspace(-EDGE, EDGE, 801)
WIDTH, EPOCHS, BATCH, RATE = 64, 200, 50, 1e-2


@dataclass(frozen=True)
class Fitted:
    """The samples (N, functions) at `positions` (N,), the true functions and the network's at POINTS."""

    positions: Curve
    samples: Curve
    truth: Curve
    network: Curve
    parameters: int

    def polynomial(self, degree: int) -> Curve:
        """Return the polynomials of the smallest squared error on the samples, at POINTS."""
        columns = [Polynomial.fit(self.positions, column, degree)(POINTS) for column in self.samples.T]
        return np.stack(columns, axis=1)

    def errors(self, found: Curve) -> list[float]:
        """Return the RMSE of each function at POINTS."""
        return [rmse(*pair) for pair in zip(self.truth.T, found.T, strict=True)]


def fitted(functions: Sequence[Callable[[Curve], Curve]], studio: Studio) -> Fitted:
    """Draw noisy samples of `functions` and train one network with an output for each."""
    rng = seeded()
    positions = rng.uniform(-EDGE, EDGE, SAMPLES)
    clean = np.stack([function(positions) for function in functions], axis=1)
    samples = clean + NOISE * rng.standard_normal(clean.shape)
    network = dense(1, WIDTH, WIDTH, len(functions))
    epochs = studio.scaled(EPOCHS, 2)
    train(
        network,
        _scaled(positions),
        samples.astype(np.float32),
        loss="mean_squared_error",
        epochs=epochs,
        batch=BATCH,
        rate=RATE,
    )
    truth = np.stack([function(POINTS) for function in functions], axis=1)
    found = answer(network, _scaled(POINTS)).astype(np.float64)
    return Fitted(positions, samples, truth, found, network.count_params())


def _scaled(positions: Curve) -> Values:
    """Return positions as the network takes them: (N, 1), about as large as its weights expect."""
    return (positions[:, None] / np.pi).astype(np.float32)
