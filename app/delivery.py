"""Sending an answer to a client that may be slow, within the budget."""

import asyncio
from collections.abc import Mapping

from fastapi import Response
from starlette.types import Receive, Scope, Send

from app.admission import Claim

PIECE_BYTES = 256 * 1024
STALL_S = 60.0
"""How long a client may take to make room for one piece, or for the head, before its connection is closed."""


class Delivery(Response):
    """An answer whose bytes count towards the budget until they are sent. The pixels it was made of no longer do.

    A large body goes out in pieces: the server holds back each until the client has taken those before, so that what
    slow readers keep in memory is what their claims say.
    """

    def __init__(self, body: bytes, media_type: str, headers: Mapping[str, str], claim: Claim) -> None:
        super().__init__(body, media_type=media_type, headers=headers)
        claim.share()
        claim.add_bytes(len(body))
        claim.add_pixels(-claim.pixels)
        self._claim = claim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; one that its client does not read in time ends without its rest."""
        try:
            async with asyncio.timeout(STALL_S):
                if len(self.body) <= PIECE_BYTES:
                    await super().__call__(scope, receive, send)
                    return
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for start in range(0, len(self.body), PIECE_BYTES):
                piece = self.body[start : start + PIECE_BYTES]
                more = start + PIECE_BYTES < len(self.body)
                async with asyncio.timeout(STALL_S):
                    await send({"type": "http.response.body", "body": piece, "more_body": more})
        except TimeoutError:
            return
        finally:
            self._claim.release()
