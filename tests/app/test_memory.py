"""Trimming happens after requests, and only then."""

import asyncio

import pytest

from app import memory


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
