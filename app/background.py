"""Long blocking work in a thread that nothing waits for when the process ends: neither asyncio nor the interpreter."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

NAME = "background"

Result = TypeVar("Result")


async def in_background(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise what it raises. Cancelled, it does not wait: the thread runs on."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        try:
            outcome = work()
        except Exception as error:  # noqa: BLE001  it is raised where the result is awaited
            report(done.set_exception, error)
        else:
            report(done.set_result, outcome)

    def report(tell: Callable[..., None], outcome: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, tell, outcome)

    def finish(tell: Callable[..., None], outcome: object) -> None:
        if not done.cancelled():
            tell(outcome)

    threading.Thread(target=run, name=NAME, daemon=True).start()
    return await done


def at_work() -> bool:
    """Return whether a thread still runs."""
    return any(thread.name == NAME for thread in threading.enumerate())
