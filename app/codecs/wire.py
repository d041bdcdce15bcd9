"""Headers, pictures and errors as messages between the service and the processes that decode and encode for it.

A message is a line of JSON and blocks of bytes. Nothing is unpickled: what comes from a process that read a hostile
file may be hostile too.
"""

import json
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from app import errors
from app.codecs.formats import SOURCES
from app.codecs.picture import Frame, Header, Picture, Size
from models.pixels import Samples

Block = bytes | bytearray | memoryview
_PREFIX = struct.Struct(">II")
_LENGTH = struct.Struct(">Q")
_MAX_TEXT = 2**20
_MAX_BLOCKS = 10_000
_DTYPES = {"uint8": np.uint8, "uint16": np.uint16}
_ERRORS = {
    each.__name__: each
    for each in (errors.UnsupportedImage, errors.CorruptImage, errors.ImageTooLarge, errors.ImageTooSmall)
}


class BrokenMessage(Exception):
    """The other side has gone, or does not keep to the form."""


@dataclass
class Message:
    """What is said, and the bytes that go with it."""

    text: dict[str, Any]
    blocks: Sequence[Block] = field(default_factory=list)


class Channel:
    """One end of a socket between two processes; `deadline`, on `time.monotonic`'s clock, ends every waiting."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self.deadline: float | None = None

    def send(self, message: Message) -> None:
        """Send a message. Raises OSError, TimeoutError too."""
        text = json.dumps(message.text).encode()
        lengths = b"".join(_LENGTH.pack(len(block)) for block in message.blocks)
        self._limit()
        self._socket.sendall(_PREFIX.pack(len(text), len(message.blocks)) + lengths + text)
        for block in message.blocks:
            self._limit()
            self._socket.sendall(block)

    def receive(self, most: int) -> Message:
        """Wait for a message with up to `most` bytes of blocks. Raises BrokenMessage, OSError, TimeoutError."""
        length, count = _PREFIX.unpack(self._read(_PREFIX.size))
        if length > _MAX_TEXT or count > _MAX_BLOCKS:
            raise BrokenMessage(f"{length} bytes of text, {count} blocks")
        sizes = [size for (size,) in _LENGTH.iter_unpack(self._read(count * _LENGTH.size))]
        if sum(sizes) > most:
            raise BrokenMessage(f"{sum(sizes)} bytes where {most} are expected at most")
        text = json.loads(bytes(self._read(length)))
        if not isinstance(text, dict):
            raise BrokenMessage("the text is no object")
        return Message(text, [self._read(size) for size in sizes])

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _read(self, size: int) -> memoryview:
        target = np.empty(size, np.uint8).data
        at = 0
        while at < size:
            self._limit()
            received = self._socket.recv_into(target[at:])
            if not received:
                raise BrokenMessage("the other side has gone")
            at += received
        return target

    def _limit(self) -> None:
        if self.deadline is None:
            return
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def header_to(header: Header) -> dict[str, Any]:
    """Return a header as JSON has it."""
    return asdict(header)


def header_from(text: dict[str, Any]) -> Header:
    """Return the header of a message. Raises BrokenMessage."""
    try:
        sizes = tuple(Size(int(height), int(width)) for height, width in text["sizes"])
        return Header(_known(text["format"], SOURCES), sizes, int(text["depth"]), bool(text["plain"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenMessage("no header") from error


def picture_to(picture: Picture) -> Message:
    """Return a picture as a message. Its pixels are not copied, if they lie in memory as they should."""
    blocks: list[Block] = [picture.icc or b"", picture.exif or b"", picture.colour_chunks]
    frames = []
    for frame in picture.frames:
        blocks += [_bytes_of(frame.pixels), b"" if frame.alpha is None else _bytes_of(frame.alpha)]
        frames.append([*frame.pixels.shape, frame.pixels.dtype.name, frame.milliseconds])
    text = {
        "frames": frames,
        "format": picture.format,
        "loop": picture.loop,
        "lossless": picture.lossless,
        "premultiplied": picture.premultiplied,
        "dpi": picture.dpi,
        "warnings": picture.warnings,
    }
    return Message(text, blocks)


def picture_from(message: Message) -> Picture:
    """Return the picture of a message. Raises BrokenMessage."""
    text, (icc, exif, colour_chunks, *blocks) = message.text, message.blocks
    try:
        frames = tuple(
            _frame(frame, blocks[2 * index], blocks[2 * index + 1]) for index, frame in enumerate(text["frames"])
        )
        dpi = text["dpi"]
        return Picture(
            frames,
            _known(text["format"], SOURCES),
            loop=None if text["loop"] is None else int(text["loop"]),
            lossless=bool(text["lossless"]),
            premultiplied=bool(text["premultiplied"]),
            icc=bytes(icc) or None,
            dpi=None if dpi is None else (float(dpi[0]), float(dpi[1])),
            exif=bytes(exif) or None,
            colour_chunks=bytes(colour_chunks),
            warnings=tuple(str(warning) for warning in text["warnings"]),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BrokenMessage("no picture") from error


def error_to(error: errors.LimpidError) -> dict[str, Any]:
    """Return an error as JSON has it."""
    return {"error": type(error).__name__, "detail": error.detail, "limit": error.limit, "value": error.value}


def raise_error(text: dict[str, Any]) -> None:
    """Raise the error of a message, if it is one."""
    if "error" not in text:
        return
    kind = _ERRORS.get(str(text["error"]))
    if kind is None:
        raise BrokenMessage(f"an error that nobody expects: {text['error']}")
    limit, value = (
        number if isinstance(number := text.get(name), int | float) else None for name in ("limit", "value")
    )
    raise kind(str(text.get("detail")), limit=limit, value=value)


def _known(value: str, values: Sequence[Any]) -> Any:
    if value not in values:
        raise ValueError(value)
    return value


def _bytes_of(samples: Samples) -> memoryview:
    return np.ascontiguousarray(samples).reshape(-1).view(np.uint8).data


def _frame(text: list[Any], pixels: Block, alpha: Block) -> Frame:
    height, width, channels, dtype, milliseconds = text
    kind: npt.DTypeLike = _DTYPES[dtype]
    return Frame(
        np.frombuffer(pixels, kind).reshape(int(height), int(width), int(channels)),
        np.frombuffer(alpha, kind).reshape(int(height), int(width)) if len(alpha) else None,
        int(milliseconds),
    )
