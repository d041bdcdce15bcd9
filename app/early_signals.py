"""What signals do until the server takes them, some seconds after the process has begun."""

import os
import signal
from types import FrameType


def take_early_signals() -> None:
    """Let SIGHUP pass, and SIGTERM end the process, which has nothing to lose yet.

    By themselves, the one would end it, and a container's first process would not heed the other.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)


def _leave(_sig: int, _frame: FrameType | None) -> None:
    os._exit(0)
