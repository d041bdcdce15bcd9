"""Pictures of every kind through the real network: cleaner, and else what they were."""

import io

import httpx
import numpy as np
import pytest
import tifffile
from imagecodecs import png_decode
from PIL import Image, ImageCms, ImageSequence
from PIL.ExifTags import IFD, Base
from skimage import data

from app.codecs.picture import Frame
from app.codecs.png import write_png
from tests.conftest import NOISE_SIGMA, decoded, encoded, png, psnr, with_noise

DIGITS = {"model": "digits-ae"}
DEEP = 65535
TOLD = {"sigma": NOISE_SIGMA}


async def denoise(client: httpx.AsyncClient, file: bytes, **options: object) -> httpx.Response:
    response = await client.post("/denoise", content=file, params=options)
    assert response.status_code == 200, response.text
    return response


def deep_noise(clean: np.ndarray, sigma: float = NOISE_SIGMA) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(clean.shape) * sigma
    return np.rint(np.clip((clean + noise) * 257, 0, DEEP)).astype(np.uint16)


@pytest.fixture(scope="module")
def small() -> np.ndarray:
    """A photograph, 150 x 226 x 3."""
    return np.ascontiguousarray(data.chelsea()[::2, ::2])


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("format_", ["png", "tiff"])
async def test_sixteen_bits_come_back_cleaner_and_with_all_of_them(
    client: httpx.AsyncClient, photograph: np.ndarray, format_: str, bands: int
) -> None:
    clean = photograph[..., :bands]
    noisy = deep_noise(clean)
    target = io.BytesIO()
    if format_ == "tiff":
        tifffile.imwrite(target, noisy.squeeze(), photometric="rgb" if bands == 3 else "minisblack")
    file = write_png([Frame(noisy)]) if format_ == "png" else target.getvalue()
    response = await denoise(client, file, **TOLD)
    answer = png_decode(response.content) if format_ == "png" else tifffile.imread(io.BytesIO(response.content))
    answer = answer.reshape(clean.shape)
    assert response.headers["content-type"] == f"image/{format_}"
    assert answer.dtype == np.uint16
    assert len(np.unique(answer % 257)) == 257, "the lower bits say something too"
    assert psnr(clean, answer / 257) > psnr(clean, noisy / 257) + 7
    assert "x-warnings" not in response.headers
    untouched = await denoise(client, file, strength=0)
    back = png_decode(untouched.content) if format_ == "png" else tifffile.imread(io.BytesIO(untouched.content))
    assert np.array_equal(back.reshape(clean.shape), noisy)


async def test_sixteen_bits_and_eight_are_estimated_and_cleaned_alike(
    client: httpx.AsyncClient, small: np.ndarray
) -> None:
    noisy = with_noise(small)
    eight = await denoise(client, png(noisy))
    sixteen = await denoise(client, write_png([Frame(noisy.astype(np.uint16) * 257)]))
    assert float(sixteen.headers["x-noise-sigma"]) == pytest.approx(float(eight.headers["x-noise-sigma"]), abs=0.01)
    assert psnr(decoded(eight.content), png_decode(sixteen.content) / 257) > 50


async def test_cmyk_comes_back_cleaner_in_srgb(client: httpx.AsyncClient, small: np.ndarray) -> None:
    target = io.BytesIO()
    Image.fromarray(with_noise(small)).convert("CMYK").save(target, format="JPEG", quality=95)
    response = await denoise(client, target.getvalue(), **TOLD)
    shown = np.asarray(Image.open(target).convert("RGB"))
    assert response.headers["content-type"] == "image/jpeg"
    assert "CMYK became sRGB" in response.headers["x-warnings"]
    assert psnr(small, decoded(response.content)) > psnr(small, shown) + 4


async def test_photograph_of_a_phone_comes_back_upright_with_its_exif_and_without_its_place(
    client: httpx.AsyncClient, small: np.ndarray
) -> None:
    exif = Image.Exif()
    exif[Base.Orientation], exif[Base.Model] = 6, "A phone"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    exif.get_ifd(IFD.GPSInfo).update({1: "N", 2: (48.0, 8.0, 14.5)})
    lying = np.ascontiguousarray(np.rot90(small))  # as the sensor lies: turned clockwise, it is upright
    file = encoded(with_noise(lying), "JPEG", exif=exif, quality=95)
    response = await denoise(client, file, **TOLD)
    with Image.open(io.BytesIO(response.content)) as image:
        back = image.getexif()
        assert psnr(small, np.asarray(image)) > 27
    assert back.get(Base.Orientation, 1) == 1
    assert back[Base.Model] == "A phone"
    assert back.get_ifd(IFD.Exif)[Base.DateTimeOriginal] == "2024:05:06 07:08:09"
    assert not back.get_ifd(IFD.GPSInfo)
    assert "GPS" in response.headers["x-warnings"]
    kept = await denoise(client, file, metadata="all", **TOLD)
    with Image.open(io.BytesIO(kept.content)) as image:
        assert image.getexif().get_ifd(IFD.GPSInfo)[1] == "N"
    assert "x-warnings" not in kept.headers


def wide_gamut_profile() -> bytes:
    """Return a profile whose red is another than sRGB's: sRGB's own with red and green primaries exchanged."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = srgb.index(b"rXYZ")
    other = srgb.index(b"gXYZ")
    srgb[at : at + 4], srgb[other : other + 4] = b"gXYZ", b"rXYZ"
    return bytes(srgb)


def in_srgb(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        return np.asarray(ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"))


@pytest.mark.parametrize("format_", ["png", "jpeg", "webp", "tiff", "avif"])
async def test_colour_profile_stays_and_colours_keep_their_meaning(
    client: httpx.AsyncClient, small: np.ndarray, format_: str
) -> None:
    profile = wide_gamut_profile()
    file = encoded(with_noise(small), format_, icc_profile=profile)
    response = await denoise(client, file, **TOLD)
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.info["icc_profile"] == profile
    sent, back = in_srgb(file).astype(float), in_srgb(response.content).astype(float)
    assert np.abs((sent - back).mean(axis=(0, 1))).max() < 1.5
    assert np.abs(sent - with_noise(small)).mean() > 10, "the profile does change the colours"


async def test_gif_answer_shows_the_colours_that_the_profile_means(
    client: httpx.AsyncClient, small: np.ndarray
) -> None:
    file = encoded(small, "png", icc_profile=wide_gamut_profile())
    response = await denoise(client, file, format="gif", strength=0)
    assert "converted to sRGB" in response.headers["x-warnings"]
    with Image.open(io.BytesIO(response.content)) as image:
        shown = np.asarray(image.convert("RGB")).astype(float)
    assert np.abs(shown.mean(axis=(0, 1)) - in_srgb(file).astype(float).mean(axis=(0, 1))).max() < 2


@pytest.mark.parametrize("format_", ["png", "webp", "tiff"])
async def test_transparent_edges_stay_clean(client: httpx.AsyncClient, photograph: np.ndarray, format_: str) -> None:
    rows, columns = np.mgrid[:300, :451]
    distance = np.hypot(rows - 150, columns - 225)
    alpha = np.where(distance < 90, 255, 0).astype(np.uint8)
    noisy = with_noise(photograph)
    cut = np.where(alpha[..., None] > 0, noisy, 0)
    picture = np.dstack([cut, alpha])
    options = {"lossless": True, "exact": True} if format_ == "webp" else {}
    clean = decoded((await denoise(client, encoded(picture, format_, **options), **TOLD)).content)
    whole = decoded((await denoise(client, png(noisy), **TOLD)).content)
    rim = (distance < 90) & (distance >= 82)
    assert np.array_equal(clean[..., 3], alpha)
    assert not clean[alpha == 0].any()
    assert psnr(photograph[rim], clean[rim][:, :3]) > psnr(photograph[rim], whole[rim]) - 1


@pytest.mark.parametrize("format_", ["webp", "png"])
async def test_every_frame_of_an_animation_is_cleaned(
    client: httpx.AsyncClient, small: np.ndarray, format_: str
) -> None:
    clean = [small, np.ascontiguousarray(small[::-1]), np.ascontiguousarray(small[:, ::-1])]
    first, *others = [Image.fromarray(with_noise(frame, seed=seed)) for seed, frame in enumerate(clean)]
    target = io.BytesIO()
    options = {"lossless": True} if format_ == "webp" else {}
    first.save(target, format=format_, save_all=True, append_images=others, duration=[40, 80, 120], loop=0, **options)
    response = await denoise(client, target.getvalue(), **TOLD)
    with Image.open(io.BytesIO(response.content)) as image:
        frames = [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]
        assert image.info["loop"] == 0
    assert [time for _, time in frames] == [40, 80, 120]
    for (pixels, _), original in zip(frames, clean, strict=True):
        assert psnr(original, pixels) > 28


async def test_every_page_of_a_tiff_is_cleaned_at_its_own_depth_and_level(
    client: httpx.AsyncClient, small: np.ndarray
) -> None:
    pages = [with_noise(small, 10), deep_noise(small[:100, :80], 30), with_noise(small[..., 0], 20)]
    target = io.BytesIO()
    with tifffile.TiffWriter(target) as writer:
        for page in pages:
            writer.write(page, photometric="rgb" if page.ndim == 3 else "minisblack", contiguous=False)
    response = await denoise(client, target.getvalue())
    assert float(response.headers["x-noise-sigma"]) == pytest.approx(20, abs=2)
    with tifffile.TiffFile(io.BytesIO(response.content)) as tiff:
        answers = [page.asarray() for page in tiff.pages]
    assert [(page.shape, page.dtype) for page in answers] == [(page.shape, page.dtype) for page in pages]
    assert psnr(small, answers[0]) > psnr(small, pages[0]) + 3
    assert psnr(small[:100, :80], answers[1] / 257) > psnr(small[:100, :80], pages[1] / 257) + 6
    assert psnr(small[..., 0], answers[2]) > psnr(small[..., 0], pages[2]) + 4


async def test_bmp_answers_as_png_and_says_so(client: httpx.AsyncClient, small: np.ndarray) -> None:
    response = await denoise(client, encoded(with_noise(small), "BMP"), **TOLD)
    assert response.headers["content-type"] == "image/png"
    assert "BMP" in response.headers["x-warnings"]
    assert psnr(small, decoded(response.content)) > 28


async def test_lossless_webp_stays_lossless_unless_a_quality_is_given(
    client: httpx.AsyncClient, small: np.ndarray
) -> None:
    file = encoded(small, "WEBP", lossless=True)
    lossless = await denoise(client, file, strength=0)
    assert np.array_equal(decoded(lossless.content), small)
    lossy = await denoise(client, file, strength=0, quality=80)
    assert len(lossy.content) < len(lossless.content) / 3


async def test_residual_of_premultiplied_pixels_is_gray_where_nothing_was_removed(client: httpx.AsyncClient) -> None:
    samples = np.full((16, 16, 4), (20, 30, 40, 64), np.uint8)
    target = io.BytesIO()
    tifffile.imwrite(target, samples, photometric="rgb", extrasamples=["assocalpha"])
    response = await denoise(client, target.getvalue(), strength=0, output="residual", format="png")
    assert (decoded(response.content) == (128, 128, 128, 64)).all()


async def test_deep_pages_through_an_autoencoder(client: httpx.AsyncClient) -> None:
    rng = np.random.default_rng(0)
    pages = rng.integers(0, DEEP, (2, 28, 28), dtype=np.uint16)
    target = io.BytesIO()
    tifffile.imwrite(target, pages, photometric="minisblack")
    response = await client.post("/reconstruct", content=target.getvalue(), params=DIGITS)
    assert response.status_code == 200, response.text
    answer = tifffile.imread(io.BytesIO(response.content))
    assert (answer.shape, answer.dtype) == (pages.shape, pages.dtype)
    assert float(response.headers["x-anomaly-score"]) == 1.0
    embedding = await client.post("/encode", content=target.getvalue(), params=DIGITS)
    single = io.BytesIO()
    tifffile.imwrite(single, pages[0], photometric="minisblack")
    alone = await client.post("/encode", content=single.getvalue(), params=DIGITS)
    assert embedding.json() == alone.json()
    assert "first of 2 frames" in embedding.headers["x-warnings"]
    assert "x-warnings" not in alone.headers
