"""A decoded picture, and what its file says before it is decoded."""

from dataclasses import dataclass
from typing import NamedTuple

from app.codecs.formats import Source
from app.errors import ImageTooLarge, ImageTooSmall
from models.pixels import Samples

MAX_DPI = 65535
"""What a JPEG can hold. EXIF may claim anything, which no file could be written with."""
LONGEST_SIDE = 2**16
"""Of an AVIF. A picture of few pixels, but only one high, would be very many of tiles, each as high as two halos."""


class Size(NamedTuple):
    """Height and width in pixels."""

    height: int
    width: int

    @property
    def pixels(self) -> int:
        return self.height * self.width


@dataclass(frozen=True)
class Limits:
    """What a picture may be: `pixels` are width × height summed over all frames, `shortest` and `longest` its sides."""

    pixels: int
    frames: int
    shortest: int = 1
    longest: int = LONGEST_SIDE

    def check(self, width: int, height: int, frames: int = 1) -> None:
        """Raise ImageTooSmall or ImageTooLarge for so many frames of that size."""
        if min(width, height) < self.shortest:
            raise ImageTooSmall(
                f"the picture is {width} x {height} pixels; each side must have {self.shortest} at least",
                limit=self.shortest,
                value=min(width, height),
            )
        if max(width, height) > self.longest:
            raise ImageTooLarge(
                f"the picture is {width} x {height} pixels; sides up to {self.longest} are taken: cut it up",
                limit=self.longest,
                value=max(width, height),
            )
        if frames > self.frames:
            raise ImageTooLarge(
                f"the picture has {frames} frames; up to {self.frames} are taken: send fewer",
                limit=self.frames,
                value=frames,
            )
        self.check_pixels(width * height * frames, f"{width} x {height}" + (f" x {frames}" if frames > 1 else ""))

    def check_pixels(self, pixels: int, product: str) -> None:
        """Raise ImageTooLarge for so many pixels in all, the `product` of what."""
        if pixels > self.pixels:
            raise ImageTooLarge(
                f"the picture is {product} = {pixels} pixels; up to {self.pixels} are taken: send a smaller one",
                limit=self.pixels,
                value=pixels,
            )


@dataclass(frozen=True)
class Header:
    """What a file says before any pixel. `sizes` are those of its frames, before the orientation is applied."""

    format: Source
    sizes: tuple[Size, ...]
    depth: int = 8
    plain: bool = False
    """Is it of a kind that can be decoded beside the service, in a thread?"""

    @property
    def pixels(self) -> int:
        """The pixels of all frames."""
        return sum(size.pixels for size in self.sizes)


@dataclass(frozen=True)
class Frame:
    """One frame or page, upright.

    `pixels` is (H, W, 1) for gray or (H, W, 3) for RGB, `alpha` (H, W) or None; both are uint8 or both uint16.
    `milliseconds` is how long an animation shows it.
    """

    pixels: Samples
    alpha: Samples | None = None
    milliseconds: int = 0

    @property
    def size(self) -> Size:
        return Size(*self.pixels.shape[:2])


@dataclass(frozen=True)
class Picture:
    r"""A picture with everything of its file that must survive.

    `loop` says how often an animation is played, 0 for ever; None: it does not say, which means once. `lossless` tells
    a WebP without loss from one with. `premultiplied`: the pixels are multiplied with alpha already. `icc` and `dpi` go
    through untouched, `exif` is a TIFF structure (with the six bytes `Exif\0\0` before it) without orientation,
    `colour_chunks` what a PNG says of its colours beside ICC. `warnings` says what was converted or lost on the way in.
    """

    frames: tuple[Frame, ...]
    format: Source
    loop: int | None = None
    lossless: bool = False
    premultiplied: bool = False
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None
    colour_chunks: bytes = b""
    warnings: tuple[str, ...] = ()

    @property
    def pixels(self) -> int:
        """The pixels of all frames."""
        return sum(frame.size.pixels for frame in self.frames)
