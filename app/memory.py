"""Giving memory back to the system, which glibc by itself keeps: see docs/decisions/0008-memory.md."""

import asyncio
import ctypes
import sys
from collections.abc import Callable

EVERY_S = 5.0
_M_ARENA_MAX = -8


def share_one_arena() -> None:
    """Let all threads take memory from one place; does nothing where the C library is not glibc.

    By itself each thread has an arena of its own, and what is free in one is nothing to the others: a process whose
    pictures are decoded here, resized there and encoded elsewhere grows with every hour. For before threads are made.
    """
    if mallopt := _from_glibc("mallopt"):
        mallopt(_M_ARENA_MAX, 1)


def trim() -> None:
    """Return the pages that malloc keeps free to the system; does nothing where the C library can't. Takes ms."""
    if malloc_trim := _from_glibc("malloc_trim"):
        malloc_trim(0)


async def keep_trimmed(finished: Callable[[], int]) -> None:
    """Trim every few seconds in which the number of requests that `finished` returns has grown. Never returns."""
    before = 0
    while True:
        await asyncio.sleep(EVERY_S)
        if (now := finished()) != before:
            before = now
            await asyncio.to_thread(trim)


def _from_glibc(name: str) -> Callable[..., int] | None:
    """Return a function of the C library, None where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
