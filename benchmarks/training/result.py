"""What one training of the contest took, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`seconds` are wall time from the building of the network to the end of `fit`.

    `loss` is the test images' binary cross-entropy in nats a pixel, measured after the clock has stopped.
    """

    seconds: float
    steps: int
    parameters: int
    loss: float
