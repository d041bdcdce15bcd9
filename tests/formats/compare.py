"""What an answer kept of what was sent: pixels, and everything else."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.formats.arrays import Samples
from tests.formats.profiles import in_srgb
from tests.formats.view import View

_DPI_STEP = 0.05
"""PNG counts dots by the metre, in whole numbers."""
_NOTHING = "(?!)"
"""What no word excuses."""


@dataclass(frozen=True)
class Likeness:
    """How near the pixels are: PSNR in dB, infinite for identical ones, after the named conversions of what was sent.

    `hidden_differ`: the colours differ, but only where nothing can be seen.
    """

    psnr: float
    after: tuple[str, ...] = ()
    hidden_differ: bool = False


@dataclass(frozen=True)
class Aspect:
    """Something that can be lost: how to see that it was, and what `X-Warnings` must match then."""

    name: str
    lost: Callable[[View, View], bool]
    word: str


def likeness(sent: View, answer: View) -> Likeness:
    """Compare the answer's frames with those that were sent, as the answer's format can hold them."""
    pairs = [_converted(frame, sent, back, answer) for frame, back in zip(sent.frames, answer.frames, strict=False)]
    steps = tuple(dict.fromkeys(step for _, _, taken in pairs for step in taken))
    if all(np.array_equal(frame, back) for frame, back, _ in pairs):
        return Likeness(math.inf, steps)
    mean = float(np.mean(np.concatenate([_visible_errors(frame, back) for frame, back, _ in pairs]) ** 2))
    if mean == 0:
        return Likeness(math.inf, steps, hidden_differ=True)
    return Likeness(-10 * math.log10(mean), steps)


def unsaid(sent: View, answer: View, warnings: str) -> list[str]:
    """Return what was lost, or came from nowhere, without a word in `warnings`."""
    return [each.name for each in ASPECTS if each.lost(sent, answer) and not re.search(each.word, warnings)]


def same_dpi(sent: View, answer: View) -> bool:
    before, after = sent.notes.dpi, answer.notes.dpi
    if before is None or after is None:
        return before is after
    return all(abs(one - other) < _DPI_STEP for one, other in zip(before, after, strict=True))


def has_alpha(frame: Samples) -> bool:
    return frame.shape[2] in (2, 4)


def _alphas_differ(sent: View, answer: View) -> bool:
    return any(has_alpha(one) != has_alpha(other) for one, other in zip(sent.frames, answer.frames, strict=False))


def _depths_differ(sent: View, answer: View) -> bool:
    pairs = zip(sent.frames, answer.frames, strict=False)
    return sent.bits < answer.bits or any(one.itemsize != other.itemsize for one, other in pairs)


def _colours_differ(sent: View, answer: View) -> bool:
    pairs = zip(sent.frames, answer.frames, strict=False)
    return any((one.shape[2] < 3) != (other.shape[2] < 3) for one, other in pairs)


def _pixels_differ(sent: View, answer: View) -> bool:
    return answer.lossless and likeness(sent, answer).psnr < math.inf


def _lost_note(kind: str) -> Callable[[View, View], bool]:
    return lambda sent, answer: kind in sent.notes.other - answer.notes.other


ASPECTS = (
    Aspect("depth", _depths_differ, r"\bbits?\b|palette"),
    Aspect("how pixels are stored", lambda sent, _: bool(sent.stored), "became"),
    Aspect("gray or colour", _colours_differ, "became"),
    Aspect("alpha", _alphas_differ, "transparen|alpha"),
    Aspect("pixels", _pixels_differ, "256|sRGB|white"),
    Aspect("colour profile", lambda sent, answer: sent.notes.icc != answer.notes.icc, "profile"),
    Aspect("resolution", lambda sent, answer: not same_dpi(sent, answer), "resolution"),
    Aspect("orientation", lambda sent, answer: sent.notes.orientation != answer.notes.orientation, _NOTHING),
    Aspect("EXIF", lambda sent, answer: sent.notes.exif != answer.notes.exif, "EXIF"),
    Aspect("GPS position", lambda sent, answer: sent.notes.gps != answer.notes.gps, "GPS|EXIF was dropped"),
    Aspect("frames", lambda sent, answer: len(sent.frames) != len(answer.frames), "first of"),
    Aspect("further pictures", _lost_note("further pictures"), "MPO"),
    Aspect("times", lambda sent, answer: sent.times != answer.times, "tim|first of"),
    Aspect("repetitions", lambda sent, answer: sent.loop != answer.loop, "tim|first of|often"),
    Aspect("profiles of pages", _lost_note("profiles of pages"), "first page's colour profile|first of"),
    Aspect("XMP", _lost_note("XMP"), "XMP"),
    Aspect("IPTC", _lost_note("IPTC"), "IPTC"),
    Aspect("text", _lost_note("text"), "comments"),
    Aspect("primaries", _lost_note("primaries"), "AVIF's own words on its colours"),
    Aspect("gAMA", _lost_note("gAMA"), "PNG's own words on its colours"),
    Aspect("cICP", _lost_note("cICP"), "PNG's own words on its colours"),
)


def _converted(frame: Samples, sent: View, back: Samples, answer: View) -> tuple[Samples, Samples, list[str]]:
    """Return both frames as RGBA of the answer's depth, and what had to be done to the one that was sent."""
    steps = []
    if sent.premultiplied and not answer.premultiplied:
        frame = _divided(frame)
        steps.append("divided by alpha")
    if frame.itemsize > back.itemsize:
        frame = np.rint(frame / 257).astype(np.uint8)
        steps.append("in 8 bits")
    if has_alpha(frame) and not has_alpha(back):
        frame = _on_white(frame)
        steps.append("on white")
    if answer.format == "gif" and has_alpha(frame):
        frame = np.dstack([frame[..., :-1], np.where(frame[..., -1:] > 127, 255, 0)]).astype(np.uint8)
    if sent.notes.icc and not answer.notes.icc and sent.stored != "CMYK":
        frame = _in_srgb(frame, sent.notes.icc)
        steps.append("in sRGB")
    return _rgba(frame), _rgba(back), steps


def _divided(frame: Samples) -> Samples:
    top = np.iinfo(frame.dtype).max
    alpha = np.maximum(frame[..., -1:].astype(np.int64), 1)
    colours = ((2 * top * frame[..., :-1].astype(np.int64) + alpha) // (2 * alpha)).clip(0, top)
    return np.dstack([colours, frame[..., -1:]]).astype(frame.dtype)


def _on_white(frame: Samples) -> Samples:
    alpha = frame[..., -1:] / 255
    return np.rint(frame[..., :-1] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def _in_srgb(frame: Samples, profile: bytes) -> Samples:
    colours = frame[..., :-1] if has_alpha(frame) else frame
    return np.dstack([in_srgb(colours, profile), *([frame[..., -1]] if has_alpha(frame) else [])])


def _rgba(frame: Samples) -> Samples:
    opaque = np.full((*frame.shape[:2], 1), np.iinfo(frame.dtype).max, frame.dtype)
    colours, alpha = (frame[..., :-1], frame[..., -1:]) if has_alpha(frame) else (frame, opaque)
    return np.dstack([np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours, alpha])


def _visible_errors(frame: Samples, back: Samples) -> np.ndarray:
    """Return the differences, 1 for the whole range, of what is visible in either."""
    seen = (frame[..., 3] > 0) | (back[..., 3] > 0)
    return ((frame[seen].astype(float) - back[seen]) / np.iinfo(back.dtype).max).reshape(-1)
