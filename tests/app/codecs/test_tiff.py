"""TIFF in its many kinds, written by two other libraries."""

import io
from collections import Counter

import numpy as np
import pytest
import tifffile
from PIL import Image

from app.codecs.decoding import decode, inspect
from app.codecs.picture import Limits, Picture, Size
from app.codecs.writing import encode
from app.errors import CorruptImage, ImageTooLarge, LimpidError, UnsupportedImage

LIMITS = Limits(pixels=1_000_000, frames=3)
RNG = np.random.default_rng(0)
DEEP = RNG.integers(0, 2**16, (37, 53, 4), dtype=np.uint16)
MUTATIONS = 400


def tiff(*pages: np.ndarray, **options: object) -> bytes:
    target = io.BytesIO()
    with tifffile.TiffWriter(
        target, bigtiff=bool(options.pop("bigtiff", False)), byteorder=options.pop("order", "<")
    ) as writer:
        for page in pages:
            colours = "rgb" if page.ndim == 3 and page.shape[2] > 2 else "minisblack"
            writer.write(
                page, **{"photometric": colours, "metadata": None, "software": False, "contiguous": False} | options
            )
    return target.getvalue()


def by_pillow(mode: str, **options: object) -> tuple[bytes, Image.Image]:
    image = Image.fromarray((DEEP >> 8).astype(np.uint8)[..., :3]).convert(mode)
    target = io.BytesIO()
    image.save(target, format="TIFF", **options)
    return target.getvalue(), image


def picture_of(file: bytes) -> Picture:
    upload = io.BytesIO(file)
    return decode(upload, inspect(upload, LIMITS), LIMITS)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "lzw", "predictor": True},
        {"compression": "zlib"},
        {"compression": "packbits"},
        {"tile": (16, 32)},
        {"bigtiff": True},
        {"order": ">"},
        {"rowsperstrip": 5},
    ],
    ids=str,
)
def test_every_layout_comes_back_to_the_bit(options: dict[str, object], bands: int, depth: type) -> None:
    pixels = DEEP[..., :bands].astype(depth)
    extra = {"extrasamples": ["unassalpha"]} if bands in {2, 4} else {}
    layout = {"planarconfig": "contig"} if bands > 1 else {}
    picture = picture_of(tiff(pixels.squeeze(), **options, **extra, **layout))
    frame = picture.frames[0]
    assert frame.pixels.dtype == depth
    assert np.array_equal(frame.pixels, pixels[..., : 1 if bands < 3 else 3])
    assert (frame.alpha is None) == (bands in {1, 3})
    assert frame.alpha is None or np.array_equal(frame.alpha, pixels[..., -1])
    assert not picture.warnings
    answer, lost = encode(picture, "tiff", None, "all")
    assert np.array_equal(tifffile.imread(io.BytesIO(answer)), pixels.squeeze())
    assert not lost


def test_planes_apart_are_put_together() -> None:
    planes = np.moveaxis(DEEP[..., :3], 2, 0)
    file = tiff(planes, photometric="rgb", planarconfig="separate")
    assert np.array_equal(picture_of(file).frames[0].pixels, DEEP[..., :3])


@pytest.mark.parametrize(
    ("mode", "compression"), [("1", "group4"), ("1", None), ("P", "tiff_lzw"), ("L", "tiff_adobe_deflate")]
)
def test_other_kinds_look_as_pillow_shows_them(mode: str, compression: str | None) -> None:
    file, image = by_pillow(mode, compression=compression)
    shown = np.asarray(image.convert("RGB" if mode == "P" else "L"))
    picture = picture_of(file)
    assert np.array_equal(picture.frames[0].pixels.squeeze(), shown)
    assert bool(picture.warnings) == (mode != "L")


def test_jpeg_inside_looks_as_pillow_shows_it() -> None:
    file, _ = by_pillow("RGB", compression="jpeg", quality=90)
    with Image.open(io.BytesIO(file)) as image:
        assert np.abs(picture_of(file).frames[0].pixels.astype(int) - np.asarray(image)).max() <= 1


def test_white_is_zero_becomes_black_is_zero() -> None:
    gray = DEEP[..., 0]
    picture = picture_of(tiff(gray, photometric="miniswhite"))
    assert np.array_equal(picture.frames[0].pixels[..., 0], 65535 - gray)


def test_cmyk_becomes_rgb() -> None:
    file, image = by_pillow("CMYK")
    picture = picture_of(file)
    assert np.array_equal(picture.frames[0].pixels, np.asarray(image.convert("RGB")))
    assert "CMYK" in picture.warnings[0]


def test_pages_of_any_size_depth_and_colour() -> None:
    pages = [DEEP[..., :3], (DEEP[:20, :11, 0] >> 8).astype(np.uint8)]
    file = tiff(*pages)
    assert inspect(io.BytesIO(file), LIMITS).sizes == (Size(37, 53), Size(20, 11))
    answer, lost = encode(picture_of(file), "tiff", None, "all")
    with tifffile.TiffFile(io.BytesIO(answer)) as back:
        assert len(back.pages) == 2
        for page, sent in zip(back.pages, pages, strict=True):
            assert np.array_equal(page.asarray(), sent)
    assert not lost


def test_reduced_copies_are_passed_over() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(DEEP[::4, ::4, :3], photometric="rgb", subfiletype=1, metadata=None)
        writer.write(DEEP[..., :3], photometric="rgb", metadata=None, contiguous=False)
    picture = picture_of(file.getvalue())
    assert np.array_equal(picture.frames[0].pixels, DEEP[..., :3])
    assert "reduced copies" in picture.warnings[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_reset(orientation: int) -> None:
    turned = picture_of(tiff(DEEP, extrasamples=["unassalpha"], extratags=[(274, 3, 1, orientation, True)]))
    samples = np.concatenate([turned.frames[0].pixels, turned.frames[0].alpha[..., None]], axis=2)
    upright = {
        1: DEEP, 2: DEEP[:, ::-1], 3: DEEP[::-1, ::-1], 4: DEEP[::-1], 5: DEEP.swapaxes(0, 1),
        6: DEEP[::-1].swapaxes(0, 1), 7: DEEP[::-1, ::-1].swapaxes(0, 1), 8: DEEP[:, ::-1].swapaxes(0, 1),
    }[orientation]  # fmt: skip
    assert np.array_equal(samples, upright)
    answer, _ = encode(turned, "tiff", None, "all")
    with tifffile.TiffFile(io.BytesIO(answer)) as back:
        assert 274 not in back.pages[0].tags


def test_profile_resolution_and_texts_go_through() -> None:
    texts = [(271, 2, None, "A maker", True), (33432, 2, None, "An owner", True), (305, 2, None, "A scanner", True)]
    profile = {"iccprofile": b"a profile", "resolution": (300, 150), "resolutionunit": "INCH"}
    file = tiff(DEEP[..., :3], extratags=texts, **profile)
    answer, lost = encode(picture_of(file), "tiff", None, "no-gps")
    with tifffile.TiffFile(io.BytesIO(answer)) as back:
        page = back.pages[0]
        assert page.iccprofile == b"a profile"
        assert (page.tags["XResolution"].value, page.tags["YResolution"].value) == ((300, 1), (150, 1))
        assert page.tags["Make"].value == "A maker"
        assert page.tags["Copyright"].value == "An owner"
        assert page.tags["Software"].value == "A scanner"
    assert not lost


def test_premultiplied_alpha_stays_so_in_tiff_and_is_divided_out_elsewhere() -> None:
    samples = np.array([[[100, 50, 0, 200], [0, 0, 0, 0], [7, 8, 9, 255]]], np.uint8)
    picture = picture_of(tiff(samples, extrasamples=["assocalpha"]))
    assert picture.premultiplied
    with tifffile.TiffFile(io.BytesIO(encode(picture, "tiff", None, "all")[0])) as back:
        assert np.array_equal(back.pages[0].asarray(), samples)
        assert back.pages[0].extrasamples == (1,)
    with Image.open(io.BytesIO(encode(picture, "png", None, "all")[0])) as image:
        assert np.asarray(image).tolist() == [[[128, 64, 0, 200], [0, 0, 0, 0], [7, 8, 9, 255]]]


def test_channel_that_is_no_alpha_is_dropped_and_said() -> None:
    picture = picture_of(tiff(DEEP, extrasamples=["unspecified"]))
    assert picture.frames[0].alpha is None
    assert np.array_equal(picture.frames[0].pixels, DEEP[..., :3])
    assert "not said to be alpha" in picture.warnings[0]


@pytest.mark.parametrize(
    ("page", "options", "word"),
    [
        (np.zeros((4, 4), np.float32), {}, "float"),
        (np.zeros((4, 4), np.int16), {}, "signed"),
        (np.zeros((4, 4), np.uint32), {}, "32"),
        (np.zeros((4, 4, 6), np.uint8), {"planarconfig": "contig"}, "6 samples"),
        (np.zeros((4, 4, 3), np.uint8), {"photometric": "cielab"}, "colours"),
        (np.zeros((4, 4, 3), np.uint8), {"subfiletype": 1}, "full resolution"),
    ],
)
def test_other_samples_are_refused(page: np.ndarray, options: dict[str, object], word: str) -> None:
    with pytest.raises(UnsupportedImage, match=word):
        inspect(io.BytesIO(tiff(page, **options)), LIMITS)


def test_limits_are_checked_before_pixels() -> None:
    with pytest.raises(ImageTooLarge) as pages:
        inspect(io.BytesIO(tiff(*[DEEP[..., 0]] * 4)), LIMITS)
    assert pages.value.limit == 3
    with pytest.raises(ImageTooLarge) as pixels:
        inspect(io.BytesIO(tiff(*[DEEP[..., 0]] * 3)), Limits(pixels=2 * 37 * 53, frames=3))
    assert (pixels.value.limit, pixels.value.value) == (2 * 37 * 53, 3 * 37 * 53)


def with_thumbnails(count: int) -> io.BytesIO:
    """Return a file of two pages with that many thumbnails between them."""
    target = io.BytesIO()
    with tifffile.TiffWriter(target) as writer:
        for kind in [0, *[1] * count, 0]:
            writer.write(DEEP[:4, :4, 0], photometric="minisblack", metadata=None, contiguous=False, subfiletype=kind)
    return target


def test_pages_behind_many_thumbnails_do_not_vanish() -> None:
    """Of three pages and a hundred thumbnails, all are looked at; a longer file is none of two pages."""
    assert len(inspect(with_thumbnails(101), LIMITS).sizes) == 2
    with pytest.raises(ImageTooLarge, match="100 reduced"):
        inspect(with_thumbnails(102), LIMITS)


def test_cut_off_files_are_corrupt() -> None:
    file = tiff(DEEP[..., :3], compression="zlib")
    for length in (9, 200, len(file) // 2):
        with pytest.raises(CorruptImage):
            picture_of(file[:length])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about damaged tags, which it leaves out
def test_damaged_files_decode_or_are_refused() -> None:
    rng = np.random.default_rng(0)
    small = DEEP[:9, :11]
    seeds = [
        tiff(small, extrasamples=["unassalpha"], compression="lzw"),
        tiff(small[..., 0]), tiff(small[..., 0], small[..., 0]),
        by_pillow("P")[0], by_pillow("1", compression="group4")[0],
    ]  # fmt: skip
    outcomes: Counter[str] = Counter()
    for _ in range(MUTATIONS):
        spoiled = bytearray(seeds[rng.integers(len(seeds))])
        for _ in range(rng.integers(1, 4)):
            spoiled[rng.integers(min(len(spoiled), 300))] = rng.integers(256)
        try:
            picture_of(bytes(spoiled))
            outcomes["decoded"] += 1
        except LimpidError as error:
            outcomes[error.code] += 1
    assert outcomes.keys() >= {"decoded", "corrupt_image", "unsupported_image"}
