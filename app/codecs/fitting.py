"""What a format can't hold: turned into what it can, and named."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from app.codecs.colour import rgb_to_srgb
from app.codecs.formats import CAPACITIES, Format
from app.codecs.picture import Frame, Picture
from models.pixels import ByteImage, Samples, to_8_bits
from models.transparency import on_white, undo_premultiplied

_WHITE = 255


def fitted(picture: Picture, format_: Format) -> tuple[Picture, list[str]]:
    """Return `picture` as `format_` can hold it, and what that cost."""
    if _is_at_home(picture, format_):
        return picture, []
    lost: list[str] = [f"BMP is not written: this is {_name(format_)}"] if picture.format == "bmp" else []
    for step in (_frames, _repeats, _longest, _timing, _depth, _alpha, _profile, _channels, _resolution):
        picture, told = step(picture, format_)
        lost += [told] if told else []
    return picture, lost


def _is_at_home(picture: Picture, format_: Format) -> bool:
    """Tell whether a PNG or JPEG goes into what it came from, which holds it: thumbnails feel every look at them."""
    at_home = format_ == picture.format and format_ in {"png", "jpeg"}
    return at_home and len(picture.icc or b"") <= CAPACITIES[format_].profile_bytes


_Step = tuple[Picture, str | None]


def _each(picture: Picture, pixels: Sequence[Samples], alphas: Sequence[Samples | None]) -> Picture:
    frames = zip(picture.frames, pixels, alphas, strict=True)
    return replace(picture, frames=tuple(replace(frame, pixels=new, alpha=alpha) for frame, new, alpha in frames))


def _frames(picture: Picture, format_: Format) -> _Step:
    """Keep the first frame where there is room for one: pages of a TIFF are no animation, and need no equal sizes."""
    count = len(picture.frames)
    pages = picture.format == "tiff"
    if count == 1 or (CAPACITIES[format_].frames and pages == (format_ == "tiff")) or (format_ == "tiff"):
        return picture, None
    what = "pages" if pages else "frames"
    return replace(picture, frames=picture.frames[:1]), f"only the first of {count} {what} is here: {_name(format_)}"


def _repeats(picture: Picture, format_: Format) -> _Step:
    if len(picture.frames) == 1 or picture.loop is None or picture.loop <= CAPACITIES[format_].loops:
        return picture, None
    return replace(picture, loop=0), f"the animation is shown for ever now: {_name(format_)} can't count so far"


def _longest(picture: Picture, format_: Format) -> _Step:
    most = CAPACITIES[format_].milliseconds
    if len(picture.frames) == 1 or all(frame.milliseconds <= most for frame in picture.frames):
        return picture, None
    frames = tuple(replace(frame, milliseconds=min(frame.milliseconds, most)) for frame in picture.frames)
    return replace(picture, frames=frames), f"frames stay for {most / 1000:g} s at most: {_name(format_)} has no longer"


def _timing(picture: Picture, format_: Format) -> _Step:
    if len(picture.frames) == 1 or picture.format == "tiff":
        return picture, None
    if format_ == "tiff":
        return picture, "the animation's timing was dropped: its frames are pages now"
    if format_ == "avif" and picture.loop != 0 and picture.format != "avif":
        return picture, "how often the animation is played was dropped: this AVIF is played for ever"
    if format_ == "gif" and any(frame.milliseconds % 10 for frame in picture.frames):
        return picture, "the frames' times were rounded to hundredths of a second: GIF has no finer"
    return picture, None


def _depth(picture: Picture, format_: Format) -> _Step:
    if CAPACITIES[format_].deep or all(frame.pixels.dtype == np.uint8 for frame in picture.frames):
        return picture, None
    pixels = [to_8_bits(frame.pixels) for frame in picture.frames]
    alphas = [None if frame.alpha is None else to_8_bits(frame.alpha) for frame in picture.frames]
    return _each(picture, pixels, alphas), f"16 bits became 8: {_name(format_)} has no more"


def _alpha(picture: Picture, format_: Format) -> _Step:
    if all(frame.alpha is None for frame in picture.frames):
        return picture, None
    if picture.premultiplied and format_ != "tiff":
        pixels = [
            frame.pixels if frame.alpha is None else undo_premultiplied(frame.pixels, frame.alpha)
            for frame in picture.frames
        ]
        picture = replace(_each(picture, pixels, [frame.alpha for frame in picture.frames]), premultiplied=False)
    if not CAPACITIES[format_].alpha:
        pixels = [
            frame.pixels if frame.alpha is None else on_white(frame.pixels, frame.alpha) for frame in picture.frames
        ]
        return _each(picture, pixels, [None] * len(pixels)), f"{_name(format_)} has no transparency: laid on white"
    if format_ == "gif" and any(_is_partial(frame.alpha) for frame in picture.frames):
        alphas = [None if frame.alpha is None else _all_or_nothing(frame.alpha) for frame in picture.frames]
        pixels = [frame.pixels for frame in picture.frames]
        return _each(picture, pixels, alphas), "GIF is transparent or not: half and more became opaque"
    return picture, None


def _profile(picture: Picture, format_: Format) -> _Step:
    if format_ != "png" and picture.colour_chunks:
        return replace(picture, colour_chunks=b""), "PNG's own words on its colours were dropped"
    if picture.icc is not None and len(picture.icc) > CAPACITIES[format_].profile_bytes > 0:
        return replace(picture, icc=None), f"the colour profile was dropped: it is too large for {_name(format_)}"
    if format_ != "gif" or picture.icc is None:
        return picture, None
    picture, told = _in_srgb(picture, picture.icc)
    return picture, f"GIF has no colour profile: {told}"


def _in_srgb(picture: Picture, icc: bytes) -> tuple[Picture, str]:
    """Return 8-bit pixels without their profile: in sRGB, if the profile can be used."""
    converted = [rgb_to_srgb(to_8_bits(frame.pixels), icc) for frame in picture.frames]
    known = [each for each in converted if each is not None]
    if len(known) < len(converted):
        return replace(picture, icc=None), "this one can't be used, and was dropped"
    alphas = [frame.alpha for frame in picture.frames]
    return replace(_each(picture, known, alphas), icc=None), "converted to sRGB"


def _channels(picture: Picture, format_: Format) -> _Step:
    can, alpha = CAPACITIES[format_], any(frame.alpha is not None for frame in picture.frames)
    holds = can.gray_with_alpha if alpha else can.gray
    if holds or all(frame.pixels.shape[2] == 3 for frame in picture.frames):
        return picture, None
    told = f"gray became RGB: {_name(format_)} has no gray{' with alpha' if can.gray else ''}"
    if picture.icc is not None:
        picture, how = _in_srgb(picture, picture.icc)
        told = f"{told}, nor its colour profile: {how}"
    pixels = [in_rgb(frame.pixels) for frame in picture.frames]
    return _each(picture, pixels, [frame.alpha for frame in picture.frames]), told


def _resolution(picture: Picture, format_: Format) -> _Step:
    if picture.dpi is None or format_ in {"png", "jpeg", "tiff"}:
        return picture, None
    return replace(picture, dpi=None), f"the resolution was dropped: {_name(format_)} has none"


def _name(format_: Format) -> str:
    return {"webp": "WebP"}.get(format_, format_.upper())


def _is_partial(alpha: Samples | None) -> bool:
    return alpha is not None and bool(((alpha > 0) & (alpha < _WHITE)).any())


def _all_or_nothing(alpha: Samples) -> ByteImage:
    return np.where(alpha > _WHITE // 2, np.uint8(_WHITE), np.uint8(0))


def in_rgb(pixels: Samples) -> Samples:
    """Return gray (H, W, 1) as RGB (H, W, 3), RGB as it is."""
    return pixels if pixels.shape[2] == 3 else np.concatenate([pixels] * 3, axis=2)


def image_of(frame: Frame) -> Image.Image:
    """Return an 8-bit frame as Pillow has it: L, LA, RGB or RGBA."""
    if frame.alpha is None:
        return Image.fromarray(frame.pixels[..., 0] if frame.pixels.shape[2] == 1 else frame.pixels)
    return Image.fromarray(np.concatenate([frame.pixels, frame.alpha[..., None]], axis=2))
