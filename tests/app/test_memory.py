"""Trimming happens after requests, and only then; threads share one arena."""

import asyncio
import subprocess
import sys

import pytest

from app import memory

ARENAS = """
import ctypes, sys, threading
from app.memory import share_one_arena

if sys.argv[1] == "shared":
    share_one_arena()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fdopen.restype = ctypes.c_void_p
together = threading.Barrier(4)

def allocate() -> None:
    libc.malloc(100_000)
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


async def test_trims_when_requests_have_ended_since(monkeypatch: pytest.MonkeyPatch) -> None:
    finished, trimmed = 0, 0

    def trim() -> None:
        nonlocal trimmed
        trimmed += 1

    monkeypatch.setattr(memory, "EVERY_S", 0.01)
    monkeypatch.setattr(memory, "trim", trim)
    task = asyncio.create_task(memory.keep_trimmed(lambda: finished))
    await asyncio.sleep(0.1)
    assert trimmed == 0
    finished = 3
    await asyncio.sleep(0.2)
    assert trimmed == 1
    finished = 4
    await asyncio.sleep(0.2)
    assert trimmed == 2
    task.cancel()


def test_trimming_is_harmless() -> None:
    kept = bytearray(b"x" * 10_000_000)
    memory.trim()
    assert kept.count(b"x") == 10_000_000


@pytest.mark.skipif(not hasattr(memory.ctypes.CDLL(None), "malloc_info"), reason="there are arenas in glibc alone")
@pytest.mark.parametrize("arenas", ["shared", "own"])
def test_threads_share_one_arena(arenas: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ARENAS, arenas], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout.count("<heap nr=") == 1) == (arenas == "shared")
