"""POST /reconstruct: what is shown, at which size; the network halves what it sees."""

import io

import httpx
import numpy as np
import pytest
import tifffile
from PIL import Image

from models.card import read_card
from models.error_map import OPACITY
from models.store import BUNDLED
from tests.conftest import decoded, encoded, png
from tests.http.conftest import Connect
from tests.http.test_errors import assert_problem

MODEL = "digits-ae"
OUTPUTS = ("image", "error-map", "comparison")
HEADERS = ("x-reconstruction-error", "x-anomaly-score")


def scale() -> float:
    anomaly = read_card(BUNDLED / MODEL / "1").anomaly
    assert anomaly
    return anomaly.error_scale


async def answer(client: httpx.AsyncClient, file: bytes, **options: object) -> httpx.Response:
    response = await client.post("/reconstruct", content=file, params={"model": MODEL, **options})
    assert response.status_code == 200, response.text
    return response


async def reconstructed(client: httpx.AsyncClient, pixels: np.ndarray, **options: object) -> np.ndarray:
    return decoded((await answer(client, png(pixels), **options)).content)


def flat(value: int, height: int = 40, width: int = 60) -> np.ndarray:
    return np.full((height, width), value, np.uint8)


async def test_error_map_of_no_error_is_the_picture_in_rgb(connect: Connect) -> None:
    async with connect() as client:
        shown = await reconstructed(client, flat(0), output="error-map")
    assert (shown.shape, shown.max()) == ((40, 60, 3), 0)


async def test_error_map_is_yellow_at_the_models_scale_and_red_from_twice_that(connect: Connect) -> None:
    value = round(2 * scale() * 255)
    async with connect() as client:
        yellow = (await reconstructed(client, flat(value), output="error-map"))[20, 30]
        red = (await reconstructed(client, flat(255), output="error-map"))[20, 30]
        faint = (await reconstructed(client, flat(10), output="error-map"))[20, 30]
    kept = 1 - OPACITY
    assert yellow == pytest.approx([255 * OPACITY + kept * value] * 2 + [kept * value], abs=3)
    green = 255 * (2 - 0.5 / scale()) * OPACITY
    assert red == pytest.approx([255, green + kept * 255, kept * 255], abs=3)
    assert 10 < faint[0] < 60
    assert faint[2] < 10


async def test_error_map_marks_where_the_error_is_and_nothing_else(connect: Connect) -> None:
    picture = flat(0, 280, 280)
    picture[100:140, 180:220] = 255
    async with connect() as client:
        shown = await reconstructed(client, picture, output="error-map")
    assert (shown[110:130, 190:210, 2] < shown[110:130, 190:210, 0]).all()
    assert not shown[:80].any()
    assert not shown[:, :160].any()


async def test_comparison_is_the_picture_beside_its_reconstruction(connect: Connect, photograph: np.ndarray) -> None:
    async with connect() as client:
        shown = await reconstructed(client, photograph, output="comparison")
        alone = await reconstructed(client, photograph)
    assert np.array_equal(shown, np.concatenate([photograph, alone], axis=1))


@pytest.mark.parametrize("output", OUTPUTS)
async def test_alpha_stays(connect: Connect, photograph: np.ndarray, output: str) -> None:
    alpha = np.full(photograph.shape[:2], 255, np.uint8)
    alpha[:50] = 100
    async with connect() as client:
        shown = await reconstructed(client, np.dstack([photograph, alpha]), output=output)
        gray = await reconstructed(client, np.dstack([photograph[..., 0], alpha]), output=output)
    expected = np.concatenate([alpha, alpha], axis=1) if output == "comparison" else alpha
    assert np.array_equal(shown[..., 3], expected)
    assert np.array_equal(gray[..., -1], expected)
    assert gray.shape[2] == (4 if output == "error-map" else 2)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("size", ["original", "model"])
async def test_every_page_of_16_bits_is_shown_in_16_bits(connect: Connect, output: str, size: str) -> None:
    pages = np.random.default_rng(0).integers(0, 65536, (3, 40, 50, 3), dtype=np.uint16)
    file = io.BytesIO()
    tifffile.imwrite(file, pages, photometric="rgb")
    async with connect() as client:
        shown = tifffile.imread(io.BytesIO((await answer(client, file.getvalue(), output=output, size=size)).content))
    height, width = (28, 28) if size == "model" else (40, 50)
    assert shown.shape == (3, height, width * (2 if output == "comparison" else 1), 3)
    assert shown.dtype == np.uint16
    assert len(np.unique(shown)) > 256


@pytest.mark.parametrize("output", OUTPUTS)
async def test_every_frame_of_an_animation_is_shown(connect: Connect, output: str) -> None:
    frames = [Image.fromarray(np.full((30, 40, 3), value, np.uint8)) for value in (40, 120, 200)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", lossless=True, save_all=True, append_images=frames[1:], duration=[50, 70, 90])
    async with connect() as client:
        shown = Image.open(io.BytesIO((await answer(client, file.getvalue(), output=output)).content))
    assert shown.n_frames == 3
    means = []
    for index in range(3):
        shown.seek(index)
        means.append(np.asarray(shown.convert("RGB")).mean())
    assert len(set(means)) == 3


@pytest.mark.parametrize("output", OUTPUTS)
async def test_size_of_the_model(connect: Connect, photograph: np.ndarray, output: str) -> None:
    file = encoded(photograph, "PNG", dpi=(300, 300))
    async with connect() as client:
        response = await answer(client, file, output=output, size="model")
    with Image.open(io.BytesIO(response.content)) as shown:
        assert shown.size == (56 if output == "comparison" else 28, 28)
        assert "dpi" not in shown.info
    assert "resolution was dropped" in response.headers["x-warnings"]


async def test_picture_of_the_models_size_loses_nothing(connect: Connect) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    async with connect() as client:
        response = await answer(client, png(picture), output="comparison", size="model")
    assert "x-warnings" not in response.headers
    shown = decoded(response.content)
    assert np.array_equal(shown[:, :28], picture)
    assert np.abs(shown[:, 28:] - picture / 2).max() <= 0.5


async def test_alpha_at_the_size_of_the_model(connect: Connect) -> None:
    alpha = np.zeros((56, 112), np.uint8)
    alpha[:, 56:] = 255
    async with connect() as client:
        shown = await reconstructed(client, np.dstack([flat(255, 56, 112), alpha]), size="model")
    assert shown.shape == (28, 28, 2)
    assert (shown[:, :13, 1].max(), shown[:, 15:, 1].min()) == (0, 255)


async def test_exif_says_the_size_of_the_answer(connect: Connect, photograph: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Limpid"
    exif.get_ifd(0x8769).update({0xA002: 451, 0xA003: 300})
    async with connect() as client:
        response = await answer(client, encoded(photograph, "JPEG", exif=exif, quality=95), size="model")
    with Image.open(io.BytesIO(response.content)) as shown:
        assert shown.getexif().get_ifd(0x8769) == {0xA002: 28, 0xA003: 28}


async def test_profile_for_gray_does_not_go_with_a_map_in_colours(connect: Connect) -> None:
    file = encoded(flat(90), "PNG", icc_profile=b"gray" * 40)
    async with connect() as client:
        map_ = await answer(client, file, output="error-map")
        alone = await answer(client, file)
    assert "icc_profile" not in Image.open(io.BytesIO(map_.content)).info
    assert "colour profile was dropped" in map_.headers["x-warnings"]
    assert "icc_profile" in Image.open(io.BytesIO(alone.content)).info


async def test_reconstruction_of_premultiplied_pixels_is_that_of_straight_ones(connect: Connect) -> None:
    samples = np.zeros((28, 28, 4), np.uint8)
    samples[...] = (60, 60, 60, 120)
    straight = samples.copy()
    straight[..., :3] = round(60 * 255 / 120)
    shown = []
    async with connect() as client:
        for each, kind in ((samples, "assocalpha"), (straight, "unassalpha")):
            file = io.BytesIO()
            tifffile.imwrite(file, each, photometric="rgb", extrasamples=[kind])
            shown.append(decoded((await answer(client, file.getvalue(), format="png")).content))
    assert np.array_equal(shown[0], shown[1])


async def test_error_and_score_do_not_depend_on_what_is_shown(connect: Connect, photograph: np.ndarray) -> None:
    views = [{"output": output, "size": size} for output in OUTPUTS for size in ("original", "model")]
    async with connect() as client:
        answers = [await answer(client, png(photograph), **view) for view in views]
    assert len({tuple(each.headers[name] for name in HEADERS) for each in answers}) == 1


@pytest.mark.parametrize(("option", "value"), [("output", "residual"), ("size", "large"), ("paper", "maybe")])
async def test_other_values_are_refused(connect: Connect, option: str, value: str) -> None:
    async with connect() as client:
        response = await client.post("/reconstruct", content=png(flat(9)), params={option: value})
    assert_problem(response, 422, "invalid_parameter", option)
