"""Animated PNG, frame by frame, laid over each other as section 11.3.4 of https://www.w3.org/TR/png-3/ asks for.

Pillow 13 lays the alpha of a half-transparent part over the alpha below as if it were one more colour.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from isal import isal_zlib
from PIL import Image

from app.codecs.png import SIGNATURE, chunk

_HEAD = frozenset({b"PLTE", b"tRNS"})
"""What the pixels of every frame need of the chunks before them."""
_CONTROL = struct.Struct(">IIIIIHHBB")
_NUMBER_BYTES = 4
_TO_BACKGROUND, _TO_PREVIOUS = 1, 2
_OVER = 1
_HUNDREDTHS = 100

Box = tuple[int, int, int, int]


@dataclass
class _Part:
    """One frame as the file has it: where it goes, what for how long, and its compressed pixels."""

    control: tuple[int, ...]
    data: list[bytes] = field(default_factory=list)

    @property
    def box(self) -> Box:
        """Left, top, right and bottom."""
        _, width, height, left, top, *_ = self.control
        return left, top, left + width, top + height

    @property
    def milliseconds(self) -> float:
        count, unit = self.control[5:7]
        return 1000 * count / (unit or _HUNDREDTHS)


def shown_frames(file: BinaryIO) -> Iterator[tuple[Image.Image, float]]:
    """Yield each frame as it is seen, RGBA, and for how many milliseconds. Raises ValueError, OSError, struct.error.

    A still that stands for the animation is no frame. Only the canvas and one part are in memory.
    """
    header, head, parts = _parts(file)
    canvas = Image.new("RGBA", struct.unpack_from(">II", header))
    for index, part in enumerate(parts):
        disposal, blending = part.control[7:]
        image = _decoded(header, head, part)
        if part.box[2] > canvas.width or part.box[3] > canvas.height:
            raise ValueError("a frame reaches beyond the picture")
        before = canvas.crop(part.box) if disposal == _TO_PREVIOUS and index else None
        if blending == _OVER:
            canvas.alpha_composite(image, part.box[:2])
        else:
            canvas.paste(image, part.box)
        yield canvas.copy(), part.milliseconds
        if before is not None:
            canvas.paste(before, part.box)
        elif disposal in {_TO_BACKGROUND, _TO_PREVIOUS}:
            canvas.paste((0, 0, 0, 0), part.box)


def _parts(file: BinaryIO) -> tuple[bytes, bytes, list[_Part]]:
    """Return what IHDR says, the chunks that all frames share, and the frames."""
    header, head, parts = b"", b"", list[_Part]()
    for kind, data in _chunks(file):
        if kind == b"IHDR":
            header = data
        elif kind in _HEAD:
            head += chunk(kind, data)
        elif kind == b"fcTL":
            parts.append(_Part(_CONTROL.unpack(data)))
        elif kind == b"IDAT" and parts:
            parts[-1].data.append(data)
        elif kind == b"fdAT":
            parts[-1].data.append(data[_NUMBER_BYTES:])
    return header, head, parts


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of each chunk up to IEND. Raises ValueError, struct.error for damaged ones."""
    file.seek(len(SIGNATURE))
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", file.read(8))
        data = file.read(length)
        (checksum,) = struct.unpack(">I", file.read(4))
        if isal_zlib.crc32(data, isal_zlib.crc32(kind)) != checksum:
            raise ValueError(f"{kind!r} is damaged")
        yield kind, data


def _decoded(header: bytes, head: bytes, part: _Part) -> Image.Image:
    """Return a part's pixels, RGBA, by way of a PNG of its own."""
    size = struct.pack(">II", *part.control[1:3])
    pixels = chunk(b"IDAT", b"".join(part.data))
    alone = SIGNATURE + chunk(b"IHDR", size + header[8:]) + head + pixels + chunk(b"IEND", b"")
    with Image.open(io.BytesIO(alone), formats=("png",)) as image:
        scale_transparent_gray(image, header[8])
        return image.convert("RGBA")


def scale_transparent_gray(image: Image.Image, bits: int) -> None:
    """Bring the transparent gray of a PNG of 2 or 4 bits to the scale of 8, on which Pillow has the pixels only."""
    gray = image.info.get("transparency")
    if image.mode == "L" and isinstance(gray, int) and bits < 8:
        image.info["transparency"] = (gray & (2**bits - 1)) * (255 // (2**bits - 1))
