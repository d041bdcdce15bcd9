"""GIF, animated WebP, PNG and AVIF: every frame, its time, and how often all is shown."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageSequence

from app.codecs.decoding import decode, inspect
from app.codecs.formats import Format
from app.codecs.picture import Frame, Limits, Picture
from app.codecs.writing import encode
from app.errors import CorruptImage, ImageTooLarge, UnsupportedImage

LIMITS = Limits(pixels=100_000, frames=10)
TIMES = [50, 70, 110, 20]
COLOURS = np.random.default_rng(1).integers(0, 256, (40, 3), dtype=np.uint8)
FRAMES = COLOURS[np.random.default_rng(0).integers(0, 40, (4, 24, 35))]
HIDDEN = np.random.default_rng(2).random((4, 24, 35)) < 0.3


def animation(format_: str, frames: np.ndarray = FRAMES, **options: object) -> bytes:
    first, *others = [Image.fromarray(frame) for frame in frames]
    target = io.BytesIO()
    if format_ == "WEBP":
        options = {"lossless": True, "exact": True} | options
    first.save(target, format=format_, save_all=True, append_images=others, duration=TIMES, **{"loop": 3} | options)
    return target.getvalue()


def picture_of(file: bytes) -> Picture:
    upload = io.BytesIO(file)
    return decode(upload, inspect(upload, LIMITS), LIMITS)


def shown(file: bytes, mode: str = "RGB") -> tuple[list[np.ndarray], list[float]]:
    """Return what a viewer shows of a file, and for how long."""
    with Image.open(io.BytesIO(file)) as image:
        frames = [(np.asarray(frame.convert(mode)), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]
    return [pixels for pixels, _ in frames], [time for _, time in frames]


@pytest.mark.parametrize("format_", ["gif", "webp", "png"])
def test_frames_and_times_go_round_to_the_bit(format_: Format) -> None:
    sent = animation(format_.upper())
    picture = picture_of(sent)
    assert [frame.milliseconds for frame in picture.frames] == TIMES
    assert picture.loop == 3
    answer, lost = encode(picture, format_, None, "all")
    pixels, times = shown(answer)
    assert np.array_equal(pixels, shown(sent)[0])
    assert np.array_equal(pixels, FRAMES)
    assert times == TIMES
    with Image.open(io.BytesIO(answer)) as image:
        assert image.info["loop"] == 3
    assert not lost


@pytest.mark.parametrize("format_", ["gif", "webp", "png"])
def test_transparent_frames_go_round(format_: Format) -> None:
    frames = np.concatenate([FRAMES, np.where(HIDDEN, 0, 255).astype(np.uint8)[..., None]], axis=3)
    sent = animation(format_.upper(), frames, disposal=2) if format_ == "gif" else animation(format_.upper(), frames)
    answer, lost = encode(picture_of(sent), format_, None, "all")
    for now, before in zip(shown(answer, "RGBA")[0], frames, strict=True):
        assert np.array_equal(now[..., 3], before[..., 3])
        assert np.array_equal(now[before[..., 3] > 0], before[before[..., 3] > 0])
    assert not lost


def test_avif_sequence_keeps_frames_and_times() -> None:
    smooth = np.repeat(np.repeat(FRAMES[:, :3, :4], 16, axis=1), 16, axis=2)
    answer, lost = encode(picture_of(animation("AVIF", smooth, quality=95, subsampling="4:4:4")), "avif", None, "all")
    pixels, times = shown(answer)
    assert times == TIMES
    assert np.abs(np.asarray(pixels).astype(int) - smooth).mean() < 3
    assert not lost


@pytest.mark.parametrize(("format_", "says"), [("jpeg", "first of 4 frames"), ("tiff", "timing")])
def test_what_other_formats_make_of_an_animation(format_: Format, says: str) -> None:
    answer, lost = encode(picture_of(animation("GIF")), format_, None, "all")
    with Image.open(io.BytesIO(answer)) as image:
        assert getattr(image, "n_frames", 1) == (4 if format_ == "tiff" else 1)
    assert says in "; ".join(lost)


def test_gif_that_is_shown_once_stays_so() -> None:
    first, *others = [Image.fromarray(frame) for frame in FRAMES]
    target = io.BytesIO()
    first.save(target, format="GIF", save_all=True, append_images=others, duration=TIMES)
    picture = picture_of(target.getvalue())
    assert picture.loop is None
    for format_, loop in (("gif", None), ("webp", 1), ("png", 1)):
        with Image.open(io.BytesIO(encode(picture, format_, None, "all")[0])) as image:
            assert image.info.get("loop") == loop


def test_gray_gif_stays_gray() -> None:
    gray = picture_of(animation("GIF", FRAMES[..., 0]))
    assert all(frame.pixels.shape[2] == 1 for frame in gray.frames)
    assert np.array_equal(shown(encode(gray, "gif", None, "all")[0], "L")[0], FRAMES[..., 0])


def test_photograph_in_a_gif_is_dithered_and_says_so(photograph: np.ndarray) -> None:
    answer, lost = encode(Picture((Frame(photograph),), "png"), "gif", None, "all")
    with Image.open(io.BytesIO(answer)) as image:
        pixels = np.asarray(image.convert("RGB")).astype(float)
    assert "256" in lost[0]
    # Dithering is noise that the eye averages: so does this.
    error = (pixels - photograph)[:296, :448].reshape(74, 4, 112, 4, 3).mean(axis=(1, 3))
    assert np.abs(error).mean() < 3


def test_half_transparency_in_a_gif_is_said() -> None:
    alpha = np.linspace(0, 255, 24 * 35).reshape(24, 35).astype(np.uint8)
    answer, lost = encode(Picture((Frame(FRAMES[0], alpha),), "png"), "gif", None, "all")
    assert np.array_equal(shown_rgba(answer)[..., 3], np.where(alpha > 127, 255, 0))
    assert "opaque" in lost[0]


def test_times_finer_than_gif_has_are_rounded_and_said() -> None:
    frames = tuple(Frame(pixels, None, time) for pixels, time in zip(FRAMES, (33, 47, 50, 60), strict=True))
    answer, lost = encode(Picture(frames, "webp", loop=0), "gif", None, "all")
    assert shown(answer)[1] == [30, 50, 50, 60]
    assert "hundredths" in lost[0]


@pytest.mark.parametrize("shown", [1, 3])
def test_still_that_stands_for_an_animation_is_left_out(shown: int) -> None:
    first, *others = [Image.fromarray(frame) for frame in FRAMES[: shown + 1]]
    target = io.BytesIO()
    first.save(
        target, format="PNG", save_all=True, default_image=True, append_images=others, duration=TIMES[1 : shown + 1]
    )
    picture = picture_of(target.getvalue())
    assert len(picture.frames) == shown
    assert np.array_equal(picture.frames[0].pixels, FRAMES[1])
    assert "still" in picture.warnings[0]


def test_limits_count_frames() -> None:
    file = io.BytesIO(animation("GIF"))
    with pytest.raises(ImageTooLarge) as frames:
        inspect(file, Limits(pixels=100_000, frames=3))
    assert (frames.value.limit, frames.value.value) == (3, 4)
    with pytest.raises(ImageTooLarge) as pixels:
        inspect(file, Limits(pixels=3 * 24 * 35, frames=4))
    assert (pixels.value.limit, pixels.value.value) == (3 * 24 * 35, 4 * 24 * 35)


def test_deep_animation_is_refused() -> None:
    deep = Picture(tuple(Frame(frame.astype(np.uint16)) for frame in FRAMES), "png")
    with pytest.raises(UnsupportedImage, match="16 bits"):
        inspect(io.BytesIO(encode(deep, "png", None, "all")[0]), LIMITS)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def apng(parts: list[tuple[np.ndarray, int, int, int]]) -> bytes:
    """Return an animation of opaque parts, each with its left, its top and what becomes of it after its time."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 35, 24, 8, 2, 0, 0, 0)) + chunk(
        b"acTL", struct.pack(">II", len(parts), 0)
    )
    body, number = b"", 0
    for index, (part, left, top, disposal) in enumerate(parts):
        height, width, _ = part.shape
        control = struct.pack(">5IHHBB", number, width, height, left, top, 0, 0, disposal, 1)
        rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in part))
        data = chunk(b"fdAT", struct.pack(">I", number + 1) + rows) if index else chunk(b"IDAT", rows)
        body += chunk(b"fcTL", control) + data
        number += 2 if index else 1
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


def test_parts_of_an_animated_png_go_as_the_standard_says() -> None:
    keep, clear, restore = 0, 1, 2
    parts = [(FRAMES[0], 0, 0, keep), (FRAMES[1][:9, :20], 4, 6, restore), (FRAMES[2][:15, :7], 20, 2, clear)]
    parts += [(FRAMES[3][:5, :5], 1, 1, keep), (FRAMES[0][:3, :30], 5, 20, keep)]
    file = apng(parts)
    expected, canvas = [], np.dstack([FRAMES[0], np.full((24, 35), 255, np.uint8)])
    for part, left, top, disposal in parts:
        box = slice(top, top + part.shape[0]), slice(left, left + part.shape[1])
        before = canvas.copy()
        canvas[box] = np.dstack([part, np.full(part.shape[:2], 255, np.uint8)])
        expected.append(canvas.copy())
        canvas = before if disposal == restore else canvas
        if disposal == clear:
            canvas[box] = 0
    for frame, seen in zip(picture_of(file).frames, expected, strict=True):
        assert np.array_equal(np.dstack([frame.pixels, frame.alpha]), seen)


@pytest.mark.parametrize("cut", [-1, -13, -60])
def test_cut_off_animated_png_is_corrupt(cut: int) -> None:
    with pytest.raises(CorruptImage):
        picture_of(apng([(frame, 0, 0, 0) for frame in FRAMES])[:cut])


def test_part_beyond_the_picture_is_corrupt() -> None:
    with pytest.raises(CorruptImage):
        picture_of(apng([(FRAMES[0], 0, 0, 0), (FRAMES[1], 1, 0, 0)]))


def test_equal_frames_of_a_lossless_webp_are_no_damage() -> None:
    """libwebp makes a still of them, without the header that says what is in the file."""
    frames = np.repeat(np.dstack([FRAMES[0], np.where(HIDDEN[0], 0, 255).astype(np.uint8)])[None], 2, axis=0)
    picture = Picture(tuple(Frame(each[..., :3], each[..., 3], 50) for each in frames), "webp", lossless=True)
    answer, _ = encode(picture, "webp", None, "all")
    seen = shown_rgba(answer)
    assert np.array_equal(seen[..., 3], frames[0, ..., 3])
    assert np.array_equal(seen[~HIDDEN[0]], frames[0][~HIDDEN[0]])


def shown_rgba(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGBA"))
