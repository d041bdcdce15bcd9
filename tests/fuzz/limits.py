"""What a fuzzed service takes: far less than it could, so that going beyond is cheap."""

from typing import NamedTuple

MAX_PIXELS = 250_000
MAX_FRAMES = 20
DEADLINE_S = 20
TIME_LIMIT_S = DEADLINE_S + 5
"""A request has its deadline from the end of its upload; what is beyond that and the sending counts as a hang."""


class Bounds(NamedTuple):
    """What no answer of a service may go beyond: pixels in all frames, frames, seconds."""

    pixels: int = MAX_PIXELS
    frames: int = MAX_FRAMES
    seconds: float = TIME_LIMIT_S


FUZZED = Bounds()
