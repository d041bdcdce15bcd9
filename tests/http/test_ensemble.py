"""POST /denoise?ensemble=true: a little cleaner, for eight times the work."""

import io

import httpx
import numpy as np
from imagecodecs import png_decode
from PIL import Image
from skimage import data

from app.codecs.picture import Frame
from app.codecs.png import write_png
from app.settings import Settings
from tests.conftest import decoded, png, psnr, with_noise
from tests.http.conftest import Connect, connected
from tests.http.test_denoise import denoise
from tests.http.test_errors import assert_problem
from tests.http.test_load import FILE, Gate, serving

SMALL = np.ascontiguousarray(data.astronaut()[:150, 100:300])


async def test_ensemble_is_a_little_cleaner(client: httpx.AsyncClient) -> None:
    face = data.astronaut()[:200, 100:360]
    noisy = png(with_noise(face))
    once = decoded((await denoise(client, noisy, sigma=25)).content)
    mean = decoded((await denoise(client, noisy, sigma=25, ensemble=True)).content)
    assert mean.shape == face.shape
    assert psnr(face, once) + 0.02 < psnr(face, mean) < psnr(face, once) + 0.5


async def test_tiles_of_an_ensemble_leave_no_seams(client: httpx.AsyncClient) -> None:
    """The same picture through small tiles and whole: in bfloat16 no more than two levels of 255 apart."""
    noisy = png(with_noise(data.astronaut()[:256, 100:356]))
    whole = decoded((await denoise(client, noisy, sigma=25, ensemble=True)).content).astype(int)
    async with connected(Settings(models=("photo",), tile=192)) as other:
        tiled = decoded((await denoise(other, noisy, sigma=25, ensemble=True)).content).astype(int)
    assert np.abs(whole - tiled).max() <= 2


async def test_strength_zero_leaves_an_ensemble_as_it_is(client: httpx.AsyncClient) -> None:
    noisy = with_noise(SMALL)
    assert np.array_equal(decoded((await denoise(client, png(noisy), strength=0, ensemble=True)).content), noisy)


async def test_ensemble_of_16_bits(client: httpx.AsyncClient) -> None:
    noise = np.random.default_rng(0).standard_normal(SMALL.shape) * 25
    noisy = np.rint(np.clip(SMALL + noise, 0, 255) * 257).astype(np.uint16)
    clean = png_decode((await denoise(client, write_png([Frame(noisy)]), sigma=25, ensemble=True)).content)
    assert clean.dtype == np.uint16
    assert psnr(SMALL, clean / 257) > psnr(SMALL, noisy / 257) + 7


async def test_ensemble_of_an_animation(client: httpx.AsyncClient) -> None:
    frames = [Image.fromarray(with_noise(SMALL[top : top + 60, :90], seed=top)) for top in (0, 40)]
    file = io.BytesIO()
    frames[0].save(file, format="GIF", save_all=True, append_images=frames[1:])
    response = await denoise(client, file.getvalue(), sigma=25, ensemble=True, format="png")
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.n_frames == 2
        for index, top in enumerate((0, 40)):
            image.seek(index)
            clean = SMALL[top : top + 60, :90]
            assert psnr(clean, np.asarray(image.convert("RGB"))) > psnr(clean, np.asarray(frames[index])) + 4


async def test_ensemble_of_a_model_that_is_not_told_the_noise(client: httpx.AsyncClient) -> None:
    digit = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    once, mean = [
        decoded((await denoise(client, png(digit), model="digits-denoise", ensemble=ensemble)).content)
        for ensemble in (False, True)
    ]
    assert mean.shape == once.shape
    assert not np.array_equal(mean, once)


async def test_value_that_is_neither_true_nor_false(connect: Connect) -> None:
    async with connect() as client:
        assert_problem(await client.post("/denoise?ensemble=maybe", content=FILE), 422, "invalid_parameter", "ensemble")


async def test_ensemble_as_a_form_field(connect: Connect) -> None:
    async with connect() as client:
        response = await client.post("/denoise?sigma=5", files={"file": png(SMALL)}, data={"ensemble": "true"})
    assert np.abs(decoded(response.content).astype(int) - SMALL / 2).max() <= 0.5


async def test_ensemble_counts_eight_times_in_the_queue() -> None:
    """At a tenth of a second a unit and at most 0.3 s of waiting, a second ensemble has to, a picture has not."""
    gate = Gate(seconds=0.1)
    gate.open.set()
    async with serving(gate, deadline_s=10, wait_share=0.03) as service:
        await service.works()
        first = service.post("&ensemble=true")
        await service.until(lambda each: each.scheduler.queued > 0)
        plain = service.post()
        refused = await service.post("&ensemble=true")
        assert_problem(refused, 429, "overloaded", "queue")
        assert [(await each).status_code for each in (first, plain)] == [200, 200]
        await service.until_empty()


async def test_ensemble_that_does_not_end_in_time() -> None:
    gate = Gate(seconds=0.2)
    gate.open.set()
    async with serving(gate, deadline_s=0.6) as service:
        assert (await service.post()).status_code == 200
        assert_problem(await service.post("&ensemble=true"), 504, "deadline_exceeded")
        await service.until_empty()
        await service.works()
