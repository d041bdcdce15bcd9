"""POST /denoise with a mask: what is white is repaired, and all else comes back as it was."""

import asyncio
import gc
import io
from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest
from imagecodecs import png_decode
from PIL import Image

from app.codecs.picture import Frame, Picture
from app.codecs.png import write_png
from app.intake import Intake
from app.masks import MaskFile
from app.multipart import FormReader
from app.registry import Engine
from app.settings import Settings
from app.uploads import Upload
from models.denoising import Feed
from models.pixels import FloatImage
from models.store import Artifact
from tests.conftest import decoded, encoded, png
from tests.http.conftest import Connect, HalvingEngine, running
from tests.http.test_errors import assert_problem

HEIGHT, WIDTH = 150, 210
FILLED = 64
"""What the engine of these tests puts where a picture is hidden, of 255; all else it halves."""
HOLE = np.zeros((HEIGHT, WIDTH), np.bool_)
HOLE[20:40, 30:70] = True
HOLE[-5:, :8] = True
MASK = HOLE.astype(np.uint8) * 255
PIXELS = np.random.default_rng(0).integers(1, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


class RepairingEngine(HalvingEngine):
    """Stands for a network that fills holes: halves the pixels, and makes those that it is told of a quarter bright."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact.card.model_copy(update={"controls": ("mask",), "estimator": None}))

    def run(self, feed: Feed) -> FloatImage:
        assert not (feed["image"] * feed["mask"]).any(), "hidden pixels are not for the network to see"
        return feed["image"] / np.float32(2) + feed["mask"] / np.float32(4)


def loader(artifact: Artifact, _: Settings) -> Engine:
    return RepairingEngine(artifact)


@pytest.fixture(scope="module")
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    async with running(Settings(models=("photo",), tile=192), loader=loader) as (_, running_client):
        yield running_client


async def post(client: httpx.AsyncClient, file: bytes, mask: bytes, **options: object) -> httpx.Response:
    return await client.post("/denoise", files={"file": file, "mask": ("mask", mask)}, params=options)


async def repaired(client: httpx.AsyncClient, file: bytes, mask: bytes, **options: object) -> np.ndarray:
    response = await post(client, file, mask, **options)
    assert response.status_code == 200, response.text
    return decoded(response.content)


def assert_repaired(answer: np.ndarray, pixels: np.ndarray, hole: np.ndarray = HOLE) -> None:
    assert np.array_equal(answer[~hole], pixels[~hole])
    assert (answer[hole] == FILLED).all()


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("pixels", [PIXELS, PIXELS[..., 0]], ids=["colour", "gray"])
async def test_white_pixels_are_repaired_and_others_stay(
    client: httpx.AsyncClient, pixels: np.ndarray, ensemble: bool
) -> None:
    assert_repaired(await repaired(client, png(pixels), png(MASK), ensemble=ensemble), pixels)


async def test_without_a_mask_the_network_finds_what_to_repair(client: httpx.AsyncClient) -> None:
    response = await client.post("/denoise", content=png(PIXELS))
    assert np.array_equal(decoded(response.content), np.rint(PIXELS / 2).astype(np.uint8))


async def test_black_mask_leaves_everything(client: httpx.AsyncClient) -> None:
    for options in ({}, {"ensemble": True}):
        assert np.array_equal(await repaired(client, png(PIXELS), png(0 * MASK), **options), PIXELS)


async def test_white_mask_leaves_nothing(client: httpx.AsyncClient) -> None:
    assert (await repaired(client, png(PIXELS), png(0 * MASK + 255)) == FILLED).all()


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF"])
async def test_masks_of_every_format(client: httpx.AsyncClient, format_: str) -> None:
    options = {"lossless": True} if format_ == "WEBP" else {}
    assert_repaired(await repaired(client, png(PIXELS), encoded(MASK, format_, **options)), PIXELS)


async def test_a_lossy_mask_is_cut_at_half_of_the_range(client: httpx.AsyncClient) -> None:
    file = encoded(MASK, "JPEG", quality=60)
    assert len(np.unique(decoded(file))) > 2
    assert_repaired(await repaired(client, png(PIXELS), file), PIXELS, decoded(file) >= 128)


@pytest.mark.parametrize(
    "mask",
    [
        np.dstack([MASK, MASK, MASK]),
        np.dstack([0 * MASK, MASK, 0 * MASK]),
        np.dstack([MASK, MASK, MASK, 0 * MASK]),
        np.dstack([MASK, 255 - MASK]),
        np.where(HOLE, np.uint8(128), np.uint8(127)),
        HOLE,
    ],
    ids=["colour", "green", "transparent", "gray with alpha", "near half", "one bit"],
)
async def test_masks_of_every_kind(client: httpx.AsyncClient, mask: np.ndarray) -> None:
    assert_repaired(await repaired(client, png(PIXELS), png(mask)), PIXELS)


async def test_masks_of_16_bits(client: httpx.AsyncClient) -> None:
    mask = write_png([Frame(np.where(HOLE, np.uint16(32768), np.uint16(32767))[..., None])])
    assert_repaired(await repaired(client, png(PIXELS), mask), PIXELS)


async def test_pictures_of_16_bits_stay_to_the_bit(client: httpx.AsyncClient) -> None:
    deep = np.random.default_rng(0).integers(0, 2**16, PIXELS.shape, dtype=np.uint16)
    for alpha in (None, np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 5):
        response = await post(client, write_png([Frame(deep, alpha)]), png(MASK))
        answer = png_decode(response.content)
        assert answer.dtype == np.uint16
        assert np.array_equal(answer[~HOLE][:, :3], deep[~HOLE])
        seen = HOLE if alpha is None else HOLE & (alpha > 0)
        assert (answer[seen][:, :3] == 16384).all()
        assert alpha is None or np.array_equal(answer[..., 3], alpha)


async def test_alpha_and_hidden_colours_stay(client: httpx.AsyncClient) -> None:
    alpha = np.full((HEIGHT, WIDTH), 200, np.uint8)
    alpha[:, 50:] = 0
    answer = await repaired(client, png(np.dstack([PIXELS, alpha])), png(MASK))
    assert np.array_equal(answer[..., 3], alpha)
    assert_repaired(answer[..., :3], PIXELS, HOLE & (alpha > 0))


async def test_each_is_turned_upright_before_they_are_laid_together(client: httpx.AsyncClient) -> None:
    sideways = Image.Exif()
    sideways[0x0112] = 6
    lying = [encoded(np.rot90(each), "PNG", exif=sideways) for each in (PIXELS, MASK)]
    for file, mask in ((lying[0], lying[1]), (png(PIXELS), lying[1]), (lying[0], png(MASK))):
        assert_repaired(await repaired(client, file, mask), PIXELS)


async def test_one_mask_goes_for_every_frame(client: httpx.AsyncClient) -> None:
    target, frames = io.BytesIO(), [PIXELS, 255 - PIXELS // 2]
    first, second = map(Image.fromarray, frames)
    first.save(target, format="WEBP", save_all=True, append_images=[second], lossless=True)
    response = await post(client, target.getvalue(), png(MASK), format="tiff")
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.n_frames == 2
        for index, frame in enumerate(frames):
            image.seek(index)
            assert_repaired(np.asarray(image), frame)


async def test_residual_and_comparison(client: httpx.AsyncClient) -> None:
    residual = await repaired(client, png(PIXELS), png(MASK), output="residual")
    assert (residual[~HOLE] == 128).all()
    assert np.array_equal(residual[HOLE], np.clip(PIXELS[HOLE].astype(int) - FILLED + 128, 0, 255))
    both = await repaired(client, png(PIXELS), png(MASK), output="comparison")
    assert np.array_equal(both[:, :WIDTH], PIXELS)
    assert_repaired(both[:, WIDTH:], PIXELS)


async def test_a_mask_that_was_not_chosen_in_a_form_is_none(client: httpx.AsyncClient) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + png(PIXELS)
    body += b'\r\n--x\r\nContent-Disposition: form-data; name="mask"; filename=""\r\n\r\n\r\n--x--\r\n'
    response = await client.post("/denoise", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert np.array_equal(decoded(response.content), np.rint(PIXELS / 2).astype(np.uint8))


class TestRefusals:
    """What is wrong with a mask is said of the mask."""

    @pytest.mark.parametrize("shape", [(HEIGHT, WIDTH - 1), (WIDTH, HEIGHT), (1, 1)])
    async def test_another_size(self, client: httpx.AsyncClient, shape: tuple[int, int]) -> None:
        response = await post(client, png(PIXELS), png(np.zeros(shape, np.uint8)))
        sizes = f"{shape[1]} x {shape[0]}", f"{WIDTH} x {HEIGHT}"
        assert_problem(response, 422, "invalid_parameter", "mask", *sizes)

    async def test_a_page_of_another_size(self, client: httpx.AsyncClient) -> None:
        target = io.BytesIO()
        pages = [Image.fromarray(each) for each in (PIXELS, PIXELS[:50])]
        pages[0].save(target, format="TIFF", save_all=True, append_images=pages[1:])
        response = await post(client, target.getvalue(), png(MASK))
        assert_problem(response, 422, "invalid_parameter", "mask", f"{WIDTH} x 50")

    async def test_several_frames(self, client: httpx.AsyncClient) -> None:
        target = io.BytesIO()
        Image.fromarray(MASK).save(target, format="GIF", save_all=True, append_images=[Image.fromarray(255 - MASK)])
        response = await post(client, png(PIXELS), target.getvalue())
        assert_problem(response, 422, "invalid_parameter", "mask", "2 frames")

    @pytest.mark.parametrize("format_", ["PNG", "GIF"])
    async def test_broken_data(self, client: httpx.AsyncClient, format_: str) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
        file = encoded(noise, format_)
        response = await post(client, png(PIXELS), file[: len(file) // 2])
        assert_problem(response, 422, "corrupt_image", "mask: ", format_)

    @pytest.mark.parametrize("file", [b"", b"no picture"])
    async def test_other_bytes(self, client: httpx.AsyncClient, file: bytes) -> None:
        assert_problem(await post(client, png(PIXELS), file), 415, "unsupported_image", "mask: ", "PNG")

    async def test_too_many_pixels(self) -> None:
        async with running(Settings(models=("photo",), max_pixels=HEIGHT * WIDTH), loader=loader) as (_, client):
            assert (await post(client, png(PIXELS), png(MASK))).status_code == 200
            response = await post(client, png(PIXELS), png(np.zeros((HEIGHT, WIDTH + 1), np.uint8)))
        body = assert_problem(response, 413, "image_too_large", "mask: ")
        assert (body["limit"], body["value"]) == (HEIGHT * WIDTH, HEIGHT * (WIDTH + 1))

    async def test_too_many_bytes_of_both(self) -> None:
        limit = 2 * len(png(PIXELS))
        async with running(Settings(models=("photo",), max_body_bytes=limit), loader=loader) as (_, client):
            response = await post(client, png(PIXELS), png(PIXELS))
        assert_problem(response, 413, "body_too_large", str(limit))

    async def test_two_masks(self, client: httpx.AsyncClient) -> None:
        parts = [("file", png(PIXELS)), ("mask", png(MASK)), ("mask", png(MASK))]
        response = await client.post("/denoise", files=parts)
        assert_problem(response, 400, "malformed_request", "two files", "'mask'")

    async def test_a_mask_alone(self, client: httpx.AsyncClient) -> None:
        assert_problem(await client.post("/denoise", files={"mask": png(MASK)}), 400, "no_image", "'file'")

    async def test_text(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/denoise", files={"file": png(PIXELS)}, data={"mask": "auto"})
        assert_problem(response, 400, "malformed_request", "'mask'")
        response = await client.post("/denoise?mask=auto", content=png(PIXELS))
        assert_problem(response, 422, "invalid_parameter", "'mask'")

    async def test_a_model_that_takes_none(self, connect: Connect) -> None:
        async with connect() as client:
            for model in ("photo", "digits-denoise"):
                response = await post(client, png(PIXELS), png(MASK), model=model)
                assert_problem(response, 422, "invalid_parameter", "mask is no option", model)

    @pytest.mark.parametrize("endpoint", ["/reconstruct", "/encode"])
    async def test_other_endpoints(self, connect: Connect, endpoint: str) -> None:
        files = {"file": png(PIXELS), "mask": png(MASK)}
        async with connect() as client:
            assert_problem(await client.post(endpoint, files=files), 400, "malformed_request", "'file'", "'mask'")


async def test_both_files_and_their_pixels_are_claimed_and_given_back() -> None:
    held = []

    class Looking(RepairingEngine):
        def run(self, feed: Feed) -> FloatImage:
            held.append(app.state.service.admission.pixels)
            return super().run(feed)

    settings = Settings(models=("photo",))
    async with running(settings, loader=lambda artifact, _: Looking(artifact)) as (app, client):
        admission = app.state.service.admission
        await repaired(client, png(PIXELS), png(MASK))
        deep = write_png([Frame(MASK.astype(np.uint16)[..., None] * 257)])
        assert_repaired(await repaired(client, png(PIXELS), deep), PIXELS)
        await client.post("/denoise", content=png(PIXELS))
        for wrong in (png(MASK)[:-50], b"", png(MASK[:1]), encoded(MASK, "GIF")[:-50]):
            assert (await post(client, png(PIXELS), wrong)).status_code in {415, 422}
        assert (admission.bytes, admission.pixels, admission.requests) == (0, 0, 0)
    assert held == [2 * PIXELS[..., 0].size, 3 * PIXELS[..., 0].size, PIXELS[..., 0].size]


async def test_uploads_with_masks_are_let_go_without_a_garbage_collection(client: httpx.AsyncClient) -> None:
    gc.disable()
    try:
        before = uploads_alive()
        for mask in (png(MASK), encoded(MASK, "TIFF"), png(MASK[:1]), png(MASK)[:-50]):
            await post(client, png(PIXELS), mask)
        # A thread that served the last request may hold it until it gets to run again.
        for _ in range(100):
            await asyncio.sleep(0.05)
            if uploads_alive() == before:
                return
        pytest.fail(f"{uploads_alive() - before} uploads are still there")
    finally:
        gc.enable()


def uploads_alive() -> int:
    kept = (FormReader, Upload, Picture, Intake, MaskFile)
    return sum(isinstance(each, kept) for each in gc.get_objects())


async def test_metrics_count_the_pixels_of_the_picture_alone(client: httpx.AsyncClient) -> None:
    before = await pixels_counted(client)
    await repaired(client, png(PIXELS), png(MASK))
    assert await pixels_counted(client) - before == HEIGHT * WIDTH


async def pixels_counted(client: httpx.AsyncClient) -> float:
    lines = (await client.get("/metrics")).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("limpid_pixels_total"))
