"""Stopping a run in an orderly way: a signal asks, the loop answers at the end of its round."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The run was asked to stop and has saved its state; the message says where it stands."""


class StopRequest:
    """Whether a signal has asked the run to stop."""

    def __init__(self) -> None:
        self.made = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as requests; the second of either does what it did before. Main thread only."""
        previous = {int(number): signal.getsignal(number) for number in SIGNALS}

        def ask(number: int, _: FrameType | None) -> None:
            self.made = True
            signal.signal(number, previous[number])

        for number in SIGNALS:
            signal.signal(number, ask)
        try:
            yield
        finally:
            for asked, handler in previous.items():
                signal.signal(asked, handler)
