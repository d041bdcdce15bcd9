"""Pictures to files of every format that is written."""

import io
from dataclasses import replace

from app.codecs.fitting import fitted, image_of
from app.codecs.formats import DEFAULT_QUALITY, Format
from app.codecs.gif import write_gif
from app.codecs.metadata import Metadata, chosen
from app.codecs.picture import Picture
from app.codecs.png import write_png
from app.codecs.tiff import write_tiff
from app.codecs.webp import says_alpha

_AVIF_SPEED = 9
"""Of 0 to 10: see docs/decisions/0009-formats.md."""
_WEBP_METHOD = 2
"""Of 0 to 6."""
_LOSSLESS_EFFORT = 20
"""Of 0 to 100."""


def encode(picture: Picture, format_: Format, quality: int | None, metadata: Metadata) -> tuple[bytes, list[str]]:
    """Return `picture` as a file of `format_`, and what was lost of it.

    `quality` is 1-100, for lossy formats. A WebP that came without loss goes without loss, unless a quality is given.
    Takes up to 4 bytes a pixel beside the file for JPEG, about a megabyte in all for PNG.
    """
    exif, hidden = chosen(picture.exif, metadata)
    if format_ == "gif" and exif is not None:
        exif, hidden = None, [*hidden, "EXIF was dropped: GIF has none"]
    picture = picture if exif is picture.exif else replace(picture, exif=exif)
    picture, lost = fitted(picture, format_)
    file, more = _write(picture, format_, quality)
    return file, [*hidden, *lost, *more]


def _write(picture: Picture, format_: Format, quality: int | None) -> tuple[bytes, list[str]]:
    match format_:
        case "png":
            file = write_png(
                picture.frames, picture.icc, picture.dpi, picture.exif, picture.colour_chunks, picture.loop
            )
            return file, []
        case "tiff":
            return write_tiff(picture, picture.exif)
        case "gif":
            return write_gif(picture)
        case "jpeg":
            return _jpeg(picture, quality or DEFAULT_QUALITY), []
        case "webp":
            return _webp(picture, quality), []
        case "avif":
            return _avif(picture, quality or DEFAULT_QUALITY), []


def _jpeg(picture: Picture, quality: int) -> bytes:
    target = io.BytesIO()
    image_of(picture.frames[0]).save(
        target,
        format="JPEG",
        quality=quality,
        subsampling="4:4:4",
        icc_profile=picture.icc,
        dpi=picture.dpi or (0, 0),
        exif=picture.exif or b"",
    )
    return target.getvalue()


def _webp(picture: Picture, quality: int | None) -> bytes:
    """Write a WebP; `exact` keeps the colours of what is transparent."""
    if picture.lossless and quality is None:
        options: dict[str, object] = {"lossless": True, "quality": _LOSSLESS_EFFORT, "exact": True}
    else:
        options = {"quality": quality or DEFAULT_QUALITY, "exact": True}
    file = _animated(picture, "WEBP", options | {"method": _WEBP_METHOD})
    return says_alpha(file) if any(frame.alpha is not None for frame in picture.frames) else file


def _avif(picture: Picture, quality: int) -> bytes:
    gray = picture.frames[0].pixels.shape[2] == 1
    subsampling = "4:0:0" if gray else "4:4:4"
    return _animated(picture, "AVIF", {"quality": quality, "subsampling": subsampling, "speed": _AVIF_SPEED})


def _animated(picture: Picture, format_: str, options: dict[str, object]) -> bytes:
    first, *others = (image_of(frame) for frame in picture.frames)
    if others:
        options = options | {
            "save_all": True,
            "append_images": others,
            "duration": [frame.milliseconds for frame in picture.frames],
            "loop": 1 if picture.loop is None else picture.loop,
        }
    target = io.BytesIO()
    first.save(target, format=format_, icc_profile=picture.icc, exif=picture.exif or b"", **options)
    return target.getvalue()
