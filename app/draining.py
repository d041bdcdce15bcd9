"""The end of the service: from which moment it is not ready, refuses new pictures, and may be over."""

import time
from collections.abc import Callable

from app.errors import NotReady

RETRY_S = 5
_ENDING = "the service is about to end: send it to another one, or come back later"


class Draining:
    """Begun by a signal. For `delay_s` new pictures are still taken, then for `timeout_s` only finished.

    `clock` is in seconds, as `time.monotonic`.
    """

    def __init__(self, delay_s: float, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._delay_s, self._timeout_s, self._clock = delay_s, timeout_s, clock
        self._closes: float | None = None
        self.cut = False
        """Whether what is not done is to be given up."""

    @property
    def begun(self) -> bool:
        """Whether the service is about to end."""
        return self._closes is not None

    @property
    def closed(self) -> bool:
        """Whether no more pictures are taken."""
        return self._closes is not None and self._clock() >= self._closes

    @property
    def left_s(self) -> float:
        """The seconds for what has been taken, from now on; at least 0."""
        return 0.0 if self._closes is None else max(self._closes + self._timeout_s - self._clock(), 0.0)

    def begin(self, *, at_once: bool = False) -> None:
        """Begin, without the delay if `at_once`: it is for those who have seen the service ready."""
        if self._closes is None:
            self._closes = self._clock() + (0.0 if at_once else self._delay_s)

    def over(self, requests: int) -> bool:
        """Return whether the service may end, with so many `requests` in flight."""
        return self.closed and (requests == 0 or self.left_s == 0)

    def check_ready(self) -> None:
        """Raise NotReady once it has begun."""
        if self.begun:
            raise NotReady(_ENDING, headers={"Retry-After": str(RETRY_S)})

    def check_open(self) -> None:
        """Raise NotReady once no more pictures are taken."""
        if self.closed:
            raise given_up()


def given_up() -> NotReady:
    """Return the error for a picture that is not taken any more, or will not be done in time."""
    return NotReady(_ENDING, headers={"Retry-After": str(RETRY_S), "Connection": "close"})
