"""Decoding and encoding for requests: harmless files in a thread, all others in a process that can be killed."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import TypeVar

from app.admission import Claim
from app.codecs import wire
from app.codecs.decoding import decode, inspect, might_be_plain
from app.codecs.formats import Format
from app.codecs.metadata import Metadata
from app.codecs.picture import Header, Limits, Picture
from app.codecs.wire import BrokenMessage, Message
from app.codecs.writing import encode
from app.errors import CorruptImage, Overloaded
from app.sandbox import Census, CodecCrashed, CodecFailed, CodecTimeout, NoProcess, Sandbox
from app.threads import cores
from app.timings import Timings
from app.workers import Workers

logger = logging.getLogger(__name__)

SMALL_PIXELS = 2**16
"""A plain picture up to this size is decoded in one go with its header: its memory is nothing to be careful about."""
DECODE_BASE_S = 5.0
DECODE_PER_MEGAPIXEL_S = 1.0
ENCODE_S = 3600.0
"""An encoder works on pixels that we made: only the request's deadline ends it."""
RETRY_S = 10
TRACE_FIELD = "decoder"
"""Of a log line: where in a decoder a file made it fail."""
_MESSAGE_BYTES = 2**20
_IN_A_THREAD = frozenset({"png", "jpeg"})

Result = TypeVar("Result")


class Transcoder:
    """`decode_s` is how long decoding one file may take, None for what grows with its pixels."""

    def __init__(self, workers: Workers, limits: Limits, decode_s: float | None) -> None:
        self._workers, self._limits, self._decode_s = workers, limits, decode_s
        self._sandbox = Sandbox(limits)

    @property
    def processes(self) -> Census:
        """How many processes there are, and what became of the others."""
        return self._sandbox.census

    def start(self) -> None:
        """Start the processes, one for each core."""
        self._sandbox.start(cores())

    def stop(self) -> None:
        """End the processes that have no work."""
        self._sandbox.stop()

    async def open(self, claim: Claim, timings: Timings, file: BytesIO) -> tuple[Header, Picture | None]:
        """Return a picture's header, and at once the picture too if it is small and harmless.

        Raises UnsupportedImage, ImageTooLarge, ImageTooSmall, CorruptImage.
        """
        if might_be_plain(file):
            return await self._workers.run(claim, timings, "decode", 0, partial(self._look, file))
        message = Message({"do": "inspect"}, [file.getbuffer()])
        answer = await self._decoded(claim, timings, 0, message, _MESSAGE_BYTES)
        return _trusted(wire.header_from, answer.text), None

    async def decode(self, claim: Claim, timings: Timings, file: BytesIO, header: Header) -> Picture:
        """Return the picture of a file that `open` let pass. Raises CorruptImage."""
        if header.plain:
            work = partial(decode, file, header, self._limits)
            return await self._workers.run(claim, timings, "decode", header.pixels, work)
        content = file.getbuffer()
        message = Message({"do": "decode", "header": wire.header_to(header)}, [content])
        most = header.pixels * 4 * header.depth // 8 + 2 * len(content) + _MESSAGE_BYTES
        return _trusted(wire.picture_from, await self._decoded(claim, timings, header.pixels, message, most))

    async def encode(
        self, claim: Claim, timings: Timings, picture: Picture, format_: Format, quality: int | None, metadata: Metadata
    ) -> tuple[bytes, list[str]]:
        """Return a picture as a file, and what was lost."""
        pixels = picture.pixels
        if format_ in _IN_A_THREAD and len(picture.frames) == 1:
            work = partial(encode, picture, format_, quality, metadata)
            return await self._workers.run(claim, timings, "encode", pixels, work)
        message = wire.picture_to(picture)
        message.text |= {"do": "encode", "as": format_, "quality": quality, "metadata": metadata}
        most = sum(map(len, message.blocks)) * 4 + _MESSAGE_BYTES
        try:
            answer = await self._run(claim, timings, "encode", pixels, ENCODE_S, message, most)
        except CodecCrashed:
            logger.warning("a process ended while it encoded %s; another tries again", format_)
            answer = await self._again(claim, timings, pixels, message, most)
        except CodecFailed as error:
            logger.error("writing %s failed", format_, extra={TRACE_FIELD: str(error)})
            raise
        return bytes(answer.blocks[0]), [str(each) for each in answer.text["lost"]]

    def _look(self, file: BytesIO) -> tuple[Header, Picture | None]:
        header = inspect(file, self._limits)
        small = header.plain and header.pixels <= SMALL_PIXELS
        return header, decode(file, header, self._limits) if small else None

    async def _decoded(self, claim: Claim, timings: Timings, pixels: int, message: Message, most: int) -> Message:
        """Return a process's answer about a file; whatever goes wrong there is the file's fault."""
        seconds = self._decode_s or DECODE_BASE_S + DECODE_PER_MEGAPIXEL_S * pixels / 1e6
        try:
            return await self._run(claim, timings, "decode", pixels, seconds, message, most)
        except CodecTimeout as error:
            raise CorruptImage(
                f"decoding was given up after {seconds:g} s: a sound file of this size takes a fraction of that",
                limit=seconds,
            ) from error
        except CodecCrashed as error:
            logger.warning("a file ended the process that decoded it: %s", error)
            raise CorruptImage("the data are broken in a way that ends the decoder: send a sound file") from error
        except CodecFailed as error:
            logger.warning("a file made its decoder fail", extra={TRACE_FIELD: str(error)})
            raise CorruptImage(
                "the data are broken in a way that the decoder does not know: send a sound file"
            ) from error

    async def _again(self, claim: Claim, timings: Timings, pixels: int, message: Message, most: int) -> Message:
        """Encode once more: what ends an encoder is the kernel, when memory runs out."""
        try:
            return await self._run(claim, timings, "encode", pixels, ENCODE_S, message, most)
        except CodecCrashed as error:
            raise _out_of_resources() from error

    async def _run(
        self, claim: Claim, timings: Timings, stage: str, pixels: int, seconds: float, message: Message, most: int
    ) -> Message:
        """Return a process's answer; the process is killed if nobody waits for it any more."""
        exchange = self._sandbox.exchange(seconds)
        work = partial(exchange.ask, message, most)
        try:
            return await self._workers.run(claim, timings, stage, pixels, work, outside=True)
        except asyncio.CancelledError:
            exchange.kill()
            raise
        except NoProcess as error:
            logger.warning("no process for a codec: %s", error)
            raise _out_of_resources() from error


def _out_of_resources() -> Overloaded:
    return Overloaded(
        "the service is short of memory or processes for this picture: come back later",
        headers={"Retry-After": str(RETRY_S)},
    )


def _trusted(read: Callable[..., Result], message: object) -> Result:
    try:
        return read(message)
    except BrokenMessage as error:
        raise CorruptImage("the data are broken in a way that confuses the decoder: send a sound file") from error
