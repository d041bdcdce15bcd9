"""Reading on after a refusal, so that it arrives."""

import asyncio
from contextlib import suppress

from starlette.types import Receive

LINGER_S = 2.0
LINGER_BYTES = 64 * 2**20
"""How long, and how much of a body is thrown away after the answer.

A connection that is closed while its client still sends is reset, and many clients then see no answer at all:
https://datatracker.ietf.org/doc/html/rfc9112#section-9.6
"""


async def throw_away(receive: Receive) -> None:
    """Receive what a client still sends, until that is all, the client has hung up, or it is too much or too slow."""
    left = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
