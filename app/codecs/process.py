"""A process that decodes and encodes for the service: `python -m app.codecs.process SOCKET MEMORY PIXELS FRAMES SIDE`.

A file that hangs a decoder, crashes it or makes it take memory without end takes this process along, and nothing else.
It holds no model, no secret and no other client's picture; it may write no file, and ends when the service does.
"""

import io
import logging
import os
import resource
import socket
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path

from PIL import Image

from app.codecs import wire
from app.codecs.decoding import decode, inspect
from app.codecs.picture import Header, Limits
from app.codecs.wire import BrokenMessage, Channel, Message
from app.codecs.writing import encode
from app.errors import CorruptImage, LimpidError

_UNBOUNDED = 2**63
_FIRST_TO_GO = "1000"
_CPU_MARGIN_S = 10
_TRACE_CHARACTERS = 4000


def main() -> int:
    """Answer messages until the service closes its end."""
    number, memory, pixels, frames, shortest, longest = map(int, sys.argv[1:])
    _confine(memory)
    limits = Limits(pixels, frames, shortest, longest)
    channel = Channel(socket.socket(fileno=number))
    channel.send(Message({"ready": True}))
    while True:
        try:
            asked = channel.receive(_UNBOUNDED)
        except BrokenMessage:
            return 0
        _allow_seconds(asked.text["seconds"])
        answer = _answer(asked, limits)
        del asked
        channel.send(answer)
        del answer


def _confine(memory: int) -> None:
    """Give up what decoding does not need, and be the first to go where the kernel runs out of memory."""
    logging.disable()
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    # A picture that turns out larger than its header said is an error, not a remark.
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS has no limit of address space
            resource.setrlimit(limit, (most, most))


def _allow_seconds(seconds: float) -> None:
    """Let the kernel end this process should the service not be there to do it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = seconds * (os.cpu_count() or 1)  # some codecs have threads of their own
    soft = int(used.ru_utime + used.ru_stime + most) + _CPU_MARGIN_S
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _answer(asked: Message, limits: Limits) -> Message:
    try:
        return _done(asked, limits)
    except LimpidError as error:
        return Message(wire.error_to(error))
    except MemoryError:
        if asked.text["do"] == "encode":
            raise  # those pixels are ours: it is no fault of the file's
        return Message(wire.error_to(CorruptImage("decoding it takes more memory than a picture of its size may need")))
    except Exception as error:  # noqa: BLE001  libraries raise anything for a file that is made to make them
        return Message({"failed": _place(error)[-_TRACE_CHARACTERS:]})


def _place(error: Exception) -> str:
    """Return where something went wrong and what kind it is, without its text: that may quote the file."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def _done(asked: Message, limits: Limits) -> Message:
    match asked.text["do"]:
        case "inspect":
            Image.MAX_IMAGE_PIXELS = None
            return Message(wire.header_to(inspect(io.BytesIO(asked.blocks[0]), limits)))
        case "decode":
            header: Header = wire.header_from(asked.text["header"])
            Image.MAX_IMAGE_PIXELS = max(header.sizes).pixels
            return wire.picture_to(decode(io.BytesIO(asked.blocks[0]), header, limits))
        case "encode":
            Image.MAX_IMAGE_PIXELS = None  # Pillow looks at what it crops, too, and the last file was a smaller one
            picture = wire.picture_from(asked)
            file, lost = encode(picture, asked.text["as"], asked.text["quality"], asked.text["metadata"])
            return Message({"lost": lost}, [file])
        case other:
            raise ValueError(other)


if __name__ == "__main__":
    sys.exit(main())
