"""Giving memory back to the system, which glibc by itself keeps: see docs/decisions/0008-memory.md."""

import asyncio
import ctypes
import sys
from collections.abc import Callable

EVERY_S = 5.0


def trim() -> None:
    """Return the pages that malloc keeps free to the system; does nothing where the C library can't. Takes ms."""
    if sys.platform == "linux" and (malloc_trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        malloc_trim(0)


async def keep_trimmed(finished: Callable[[], int]) -> None:
    """Trim every few seconds in which the number of requests that `finished` returns has grown. Never returns."""
    before = 0
    while True:
        await asyncio.sleep(EVERY_S)
        if (now := finished()) != before:
            before = now
            await asyncio.to_thread(trim)
