"""The mask beside an upload's picture: which of its pixels to repair."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO

from app.admission import Claim
from app.codecs.picture import Header, Picture, Size
from app.errors import CorruptImage, ImageTooLarge, ImageTooSmall, InvalidParameter, UnsupportedImage
from app.multipart import MASK
from app.service import Service
from app.timings import Timings
from models.masks import white
from models.pixels import Mask


@dataclass(frozen=True)
class MaskFile:
    """A mask whose header has been read; `picture` is there already if it is small and harmless."""

    file: BytesIO
    header: Header
    picture: Picture | None


async def open_mask(service: Service, claim: Claim, timings: Timings, file: BytesIO) -> MaskFile:
    """Read a mask's header. Raises InvalidParameter for one of several frames, and what Transcoder.open raises."""
    with _named():
        header, picture = await service.transcoder.open(claim, timings, file)
    if len(header.sizes) > 1:
        raise InvalidParameter(f"{MASK}: it has {len(header.sizes)} frames; 1 is taken, which goes for every frame")
    return MaskFile(file, header, picture)


async def read_mask(service: Service, claim: Claim, timings: Timings, opened: MaskFile, picture: Picture) -> Mask:
    """Return which pixels of every frame of `picture` to repair, (H, W): the mask's white ones.

    Raises CorruptImage, and InvalidParameter for a mask of another size.
    """
    with _named():
        mask = opened.picture or await service.transcoder.decode(claim, timings, opened.file, opened.header)
    frame = mask.frames[0]
    for each in picture.frames:
        _check_size(frame.size, each.size)
    return await service.workers.run(claim, timings, "decode", frame.size.pixels, partial(white, frame.pixels))


def _check_size(mask: Size, picture: Size) -> None:
    if mask != picture:
        raise InvalidParameter(
            f"{MASK}: it is {mask.width} x {mask.height}, the picture {picture.width} x {picture.height}: "
            "it takes the picture's size"
        )


@contextmanager
def _named() -> Iterator[None]:
    """Say of errors inside that the mask has them."""
    try:
        yield
    except (UnsupportedImage, CorruptImage, ImageTooLarge, ImageTooSmall) as error:
        raise type(error)(f"{MASK}: {error.detail}", limit=error.limit, value=error.value) from error
