"""Small files that would take gigabytes, or minutes, from a decoder that believes them."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import imagecodecs

from tests.fuzz.anatomy import JPEG_SCAN, Number, parts
from tests.fuzz.containers import (
    LONG,
    PNG_SIGNATURE,
    SHORT,
    Tag,
    bmp,
    box,
    deflated_zeros,
    gif,
    gif_blocks,
    gif_frame,
    gif_plain_lzw,
    grayscale_tags,
    ihdr,
    jpeg_segment,
    png_chunk,
    riff,
    riff_chunk,
    solid_vp8l,
    tiff,
)
from tests.fuzz.seeds import Seed, seeds

LARGEST_BYTES = 4 * 2**20
"""No bomb is longer."""
_MODEST = 480
"""A side that is within the pixel limit of a fuzzed server."""
_DEFLATE, _LZW, _PACKBITS, _JPEG = 8, 5, 32773, 7


@dataclass(frozen=True)
class Bomb:
    """How to make one, and the statuses that are right for it; None: whatever the contract knows."""

    name: str
    make: Callable[[], bytes]
    statuses: frozenset[int] | None = None


def _seed(name: str) -> Seed:
    return next(seed for seed in seeds() if seed.name == name)


# --- PNG --------------------------------------------------------------------------------------------------------------


def _png(head: bytes, data: bytes, before: bytes = b"") -> bytes:
    return PNG_SIGNATURE + head + before + png_chunk(b"IDAT", data) + png_chunk(b"IEND")


def png_huge_and_true() -> bytes:
    """50,000 x 50,000 pixels in one bit each, all of them there."""
    return _png(ihdr(50_000, 50_000, 1, 0), deflated_zeros(299))


def png_gigabytes_behind_a_modest_head() -> bytes:
    return _png(ihdr(_MODEST, _MODEST, 8, 2), deflated_zeros(3500))


def png_gigabyte_of_text() -> bytes:
    return _png(ihdr(8, 8, 8, 0), _blank_rows(8, 8), png_chunk(b"zTXt", b"Comment\0\0" + deflated_zeros(2000)))


def png_gigabyte_of_international_text() -> bytes:
    return _png(ihdr(8, 8, 8, 0), _blank_rows(8, 8), png_chunk(b"iTXt", b"Title\0\1\0\0\0" + deflated_zeros(2000)))


def png_gigabyte_of_profile() -> bytes:
    return _png(ihdr(8, 8, 8, 0), _blank_rows(8, 8), png_chunk(b"iCCP", b"profile\0\0" + deflated_zeros(2000)))


def png_many_texts() -> bytes:
    return _png(ihdr(8, 8, 8, 0), _blank_rows(8, 8), png_chunk(b"tEXt", b"a\0b") * 200_000)


def png_many_compressed_texts() -> bytes:
    once = png_chunk(b"zTXt", b"Comment\0\0" + deflated_zeros(10))
    return _png(ihdr(8, 8, 8, 0), _blank_rows(8, 8), once * 300)


def png_a_byte_a_chunk() -> bytes:
    rows = zlib.compress(bytes((1 + 3 * _MODEST) * _MODEST), 0)[:200_000]
    chunks = b"".join(png_chunk(b"IDAT", rows[at : at + 1]) for at in range(len(rows)))
    return PNG_SIGNATURE + ihdr(_MODEST, _MODEST, 8, 2) + chunks + png_chunk(b"IEND")


def png_many_frames() -> bytes:
    return _apng(60_000, 60_000, 1)


def png_many_large_frames() -> bytes:
    return _apng(20_000, 20_000, _MODEST)


def png_more_frames_than_there_are() -> bytes:
    return _apng(2**31 - 1, 2, 8)


def _apng(said: int, there: int, side: int) -> bytes:
    frame = _blank_rows(side, side)
    chunks = [ihdr(side, side, 8, 0), png_chunk(b"acTL", struct.pack(">II", said, 0))]
    chunks += [png_chunk(b"fcTL", _frame_control(0, side)), png_chunk(b"IDAT", frame)]
    length = sum(map(len, chunks))
    for sequence in range(1, 2 * there - 1, 2):
        one = png_chunk(b"fcTL", _frame_control(sequence, side))
        one += png_chunk(b"fdAT", struct.pack(">I", sequence + 1) + frame)
        length += len(one)
        if length > LARGEST_BYTES - 1000:
            break
        chunks.append(one)
    return b"".join([PNG_SIGNATURE, *chunks, png_chunk(b"IEND")])


def _frame_control(sequence: int, side: int) -> bytes:
    return struct.pack(">5IHHBB", sequence, side, side, 0, 0, 1, 10, 0, 0)


def _blank_rows(width: int, height: int) -> bytes:
    return zlib.compress(bytes((1 + width) * height), 9)


# --- GIF --------------------------------------------------------------------------------------------------------------

_DOT = gif_frame(1, 1, gif_plain_lzw(b"\1"))


def gif_huge_canvas() -> bytes:
    return gif(65_535, 65_535, _DOT)


def gif_huge_frame() -> bytes:
    """A canvas that is small, and a frame that is not."""
    return gif(9, 9, gif_frame(65_535, 65_535, gif_plain_lzw(bytes(4000))))


def gif_frame_far_outside() -> bytes:
    """A second frame that is small, and far outside the canvas: a decoder may grow the canvas to hold it."""
    far = gif_frame(1, 1, gif_plain_lzw(b"\1"), left=65_000, top=65_000)
    return gif(9, 8, _DOT, far)


def gif_many_frames() -> bytes:
    return gif(1, 1, _DOT * 100_000)


def gif_many_frames_on_a_large_canvas() -> bytes:
    return gif(_MODEST, _MODEST, _DOT * 100_000)


def gif_endless_codes() -> bytes:
    """Codes for millions of pixels behind a frame of a hundred, and no end code."""
    clear_codes_only = b"\x24\x49\x92" * 1_200_000
    return gif(10, 10, gif_frame(10, 10, clear_codes_only))


def gif_many_comments() -> bytes:
    return gif(4, 4, (b"\x21\xfe" + gif_blocks(b"x")) * 500_000, _DOT)


# --- TIFF -------------------------------------------------------------------------------------------------------------


def _strip_bomb(compression: int, data: bytes) -> bytes:
    tags = grayscale_tags(_MODEST, _MODEST, length=len(data)) | {259: Tag(SHORT, [compression])}
    return tiff([tags], data)


def tiff_gigabytes_in_a_deflated_strip() -> bytes:
    return _strip_bomb(_DEFLATE, deflated_zeros(3500))


def tiff_much_in_an_lzw_strip() -> bytes:
    return _strip_bomb(_LZW, imagecodecs.lzw_encode(bytes(2**26)))


def tiff_much_in_a_packbits_strip() -> bytes:
    return _strip_bomb(_PACKBITS, b"\x81\0" * 2_000_000)


def tiff_huge_and_true() -> bytes:
    data = deflated_zeros(3434)
    return tiff([grayscale_tags(60_000, 60_000, length=len(data)) | {259: Tag(SHORT, [_DEFLATE])}], data)


def tiff_huge_tile() -> bytes:
    """One pixel in a tile of four thousand million."""
    data = deflated_zeros(3500)
    tags = grayscale_tags(1, 1)
    for strip_tag in (273, 278, 279):
        del tags[strip_tag]
    side = Tag(LONG, [65_520])
    tiles = {259: Tag(SHORT, [_DEFLATE]), 322: side, 323: side, 324: Tag(LONG, [8]), 325: Tag(LONG, [len(data)])}
    return tiff([tags | tiles], data)


def tiff_many_directories() -> bytes:
    return tiff([grayscale_tags(1, 1)] * 30_000, b"\0")


def tiff_many_large_directories() -> bytes:
    """Thousands of pages that share one strip."""
    data = zlib.compress(bytes(_MODEST**2), 9)
    page = grayscale_tags(_MODEST, _MODEST, length=len(data)) | {259: Tag(SHORT, [_DEFLATE])}
    return tiff([page] * 30_000, data)


def tiff_many_samples() -> bytes:
    tags = grayscale_tags(_MODEST, _MODEST) | {277: Tag(SHORT, [65_535]), 258: Tag(SHORT, [8] * 65_535)}
    return tiff([tags], bytes(100_000))


def tiff_many_strips() -> bytes:
    """One row of one pixel, and half a million strips for it."""
    strips = 400_000
    tags = grayscale_tags(1, 1) | {273: Tag(LONG, [8] * strips), 279: Tag(LONG, [1] * strips)}
    return tiff([tags], b"\0")


def tiff_huge_jpeg_in_a_small_strip() -> bytes:
    data = jpeg_huge_head()
    return tiff([grayscale_tags(8, 8, length=len(data)) | {259: Tag(SHORT, [_JPEG])}], data)


# --- WebP -------------------------------------------------------------------------------------------------------------


def webp_huge_and_true() -> bytes:
    """The largest picture of the format, in fourteen bytes of data."""
    return riff(riff_chunk(b"VP8L", solid_vp8l(16_383, 16_383)))


def webp_huge_canvas() -> bytes:
    return _animated_webp(2**24, 64, 1)


def webp_many_frames() -> bytes:
    return _animated_webp(1, 1, 50_000)


def webp_many_large_frames() -> bytes:
    return _animated_webp(_MODEST, _MODEST, 50_000)


def _animated_webp(canvas: int, side: int, frames: int) -> bytes:
    size = struct.pack("<I", canvas - 1)[:3] * 2
    head = riff_chunk(b"VP8X", b"\2\0\0\0" + size) + riff_chunk(b"ANIM", bytes(6))
    picture = riff_chunk(b"VP8L", solid_vp8l(side, side))
    place = bytes(6) + struct.pack("<I", side - 1)[:3] * 2 + b"\x0a\0\0\0"
    return riff(head, riff_chunk(b"ANMF", place + picture) * frames)


# --- JPEG -------------------------------------------------------------------------------------------------------------


def _resized(file: bytes, height: int, width: int) -> bytes:
    """Return a JPEG whose head says another size: a decoder fills up what the scan does not have."""
    head = next(part for part in parts(file, "jpeg") if part.kind[0] in (0xC0, 0xC2))
    return Number(head.data + 3, 2).written(Number(head.data + 1, 2).written(file, height), width)


def jpeg_huge_head() -> bytes:
    return _resized(_seed("jpeg/baseline").file, 65_500, 65_500)


def jpeg_many_scans() -> bytes:
    return _with_scans(_MODEST)


def jpeg_many_scans_of_a_huge_picture() -> bytes:
    return _with_scans(65_500)


def _with_scans(side: int) -> bytes:
    file = _resized(_seed("jpeg/progressive").file, side, side)
    scan = [part for part in parts(file, "jpeg") if part.kind[0] == JPEG_SCAN][-1]
    once = file[scan.start : scan.data + 6] + b"\0\0"
    return file[: scan.start] + once * ((LARGEST_BYTES - len(file)) // len(once)) + b"\xff\xd9"


def jpeg_many_comments() -> bytes:
    file = _seed("jpeg/baseline").file
    return file[:2] + jpeg_segment(0xFE, b"") * 900_000 + file[2:]


# --- AVIF, BMP --------------------------------------------------------------------------------------------------------


def avif_huge_head() -> bytes:
    file = _seed("avif/RGB").file
    at = file.index(b"ispe") + 8
    return file[:at] + struct.pack(">II", 65_000, 65_000) + file[at + 8 :]


def avif_nested_boxes() -> bytes:
    """Boxes in boxes, a hundred thousand deep."""
    depth = 100_000
    head = box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf")
    nested = b"".join(struct.pack(">I4s", 8 * (depth - level), b"moov") for level in range(depth))
    return head + nested


def avif_many_items() -> bytes:
    head = box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf")
    entry = box(b"infe", b"\2\0\0\0", bytes(4), b"av01", b"\0")
    items = box(b"iinf", bytes(4), struct.pack(">H", 65_535), entry * 65_535)
    return head + box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)), items)


def bmp_huge_head() -> bytes:
    return bmp(60_000, 60_000, 24, bytes(100))


def bmp_huge_and_empty_by_runs() -> bytes:
    return bmp(60_000, 60_000, 8, b"\0\1", compression=1, palette=bytes(1024))


def bmp_many_runs() -> bytes:
    """Runs for ten thousand times the picture."""
    return bmp(_MODEST, _MODEST, 8, b"\xff\0" * 1_900_000, compression=1, palette=bytes(1024))


_TOO_LARGE = (
    png_huge_and_true,
    png_many_frames,
    png_many_large_frames,
    gif_huge_canvas,
    gif_many_frames,
    gif_many_frames_on_a_large_canvas,
    tiff_huge_and_true,
    tiff_many_directories,
    tiff_many_large_directories,
    webp_huge_and_true,
    webp_many_frames,
    webp_many_large_frames,
    jpeg_huge_head,
    jpeg_many_scans_of_a_huge_picture,
    bmp_huge_head,
    bmp_huge_and_empty_by_runs,
)
"""Their heads say truly that they are over the limits."""
_IMPOSSIBLE = (
    png_more_frames_than_there_are,
    gif_huge_frame,
    tiff_huge_tile,
    tiff_many_samples,
    webp_huge_canvas,
    avif_huge_head,
    avif_nested_boxes,
    avif_many_items,
)
"""Their heads lie, or say what no picture has: too large or corrupt, both are right."""
_WITHIN_LIMITS = (
    png_gigabytes_behind_a_modest_head,
    png_gigabyte_of_text,
    png_gigabyte_of_international_text,
    png_gigabyte_of_profile,
    png_many_texts,
    png_many_compressed_texts,
    png_a_byte_a_chunk,
    gif_frame_far_outside,
    gif_endless_codes,
    gif_many_comments,
    tiff_gigabytes_in_a_deflated_strip,
    tiff_much_in_an_lzw_strip,
    tiff_much_in_a_packbits_strip,
    tiff_many_strips,
    tiff_huge_jpeg_in_a_small_strip,
    jpeg_many_scans,
    jpeg_many_comments,
    bmp_many_runs,
)
"""Modest pictures with far too much behind them: a decoder may stop in time and answer."""


def _bombs() -> Iterator[Bomb]:
    right = ((frozenset({413}), _TOO_LARGE), (frozenset({413, 415, 422}), _IMPOSSIBLE), (None, _WITHIN_LIMITS))
    for statuses, makers in right:
        for make in makers:
            yield Bomb(make.__name__.replace("_", " "), make, statuses)


BOMBS: tuple[Bomb, ...] = tuple(_bombs())
