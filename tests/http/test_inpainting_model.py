"""POST /denoise?model=photo-boxes: the repository's network fills black boxes, told where they are or not."""

import cv2
import httpx
import numpy as np
import pytest
from skimage import data

from app.settings import Settings
from models.pixels import Mask
from tests.conftest import decoded, png, psnr
from tests.http.conftest import connected
from tests.http.test_denoise import denoise
from training.degradations import blacked_out, box_mask

SIDES = (4, 32)
MODEL = "photo-boxes"


@pytest.fixture(params=["chelsea", "coffee", "astronaut"])
def clean(request: pytest.FixtureRequest) -> np.ndarray:
    return np.ascontiguousarray(getattr(data, request.param)()[:300, :400])


@pytest.fixture
def holes(clean: np.ndarray) -> Mask:
    return box_mask(clean.shape, 36, np.random.default_rng(0), sides=SIDES)


async def with_mask(client: httpx.AsyncClient, picture: np.ndarray, holes: Mask, **options: object) -> np.ndarray:
    files = {"file": png(picture), "mask": png(holes.astype(np.uint8) * 255)}
    response = await client.post("/denoise", files=files, params={"model": MODEL, **options})
    assert response.status_code == 200, response.text
    return decoded(response.content)


async def test_boxes_are_filled_better_than_by_opencv(
    client: httpx.AsyncClient, clean: np.ndarray, holes: Mask
) -> None:
    boxed = blacked_out(clean, holes)
    told = await with_mask(client, boxed, holes)
    telea, stokes = (
        cv2.inpaint(boxed, holes.astype(np.uint8), radius, method)
        for radius, method in ((7, cv2.INPAINT_TELEA), (9, cv2.INPAINT_NS))
    )
    peers = max(psnr(clean[holes], each[holes]) for each in (telea, stokes))
    assert psnr(clean[holes], told[holes]) > peers
    assert np.array_equal(told[~holes], clean[~holes])


async def test_boxes_are_found_without_a_mask(client: httpx.AsyncClient, clean: np.ndarray, holes: Mask) -> None:
    boxed = blacked_out(clean, holes)
    found = decoded((await denoise(client, png(boxed), model=MODEL)).content)
    assert psnr(clean[holes], found[holes]) > psnr(clean[holes], boxed[holes]) + 8
    assert psnr(clean[~holes], found[~holes]) > 40


async def test_what_a_mask_hides_is_not_looked_at(client: httpx.AsyncClient, clean: np.ndarray, holes: Mask) -> None:
    scribbled = np.where(holes[..., None], np.uint8(200), clean)
    black, other = [await with_mask(client, each, holes) for each in (blacked_out(clean, holes), scribbled)]
    assert np.array_equal(black, other)


async def test_an_ensemble_with_a_mask_is_no_worse(client: httpx.AsyncClient, clean: np.ndarray, holes: Mask) -> None:
    boxed = blacked_out(clean, holes)
    once, mean = [await with_mask(client, boxed, holes, ensemble=ensemble) for ensemble in (False, True)]
    assert np.array_equal(mean[~holes], clean[~holes])
    assert psnr(clean[holes], mean[holes]) > psnr(clean[holes], once[holes]) - 0.05


async def test_tiles_leave_no_seams(client: httpx.AsyncClient) -> None:
    """The same picture through small tiles and whole: in bfloat16 no more than two levels of 255 apart."""
    clean = data.astronaut()
    holes = box_mask(clean.shape, 78, np.random.default_rng(0), sides=SIDES)
    boxed = blacked_out(clean, holes)
    whole = (await with_mask(client, boxed, holes)).astype(int)
    async with connected(Settings(models=(MODEL,), tile=384)) as other:
        tiled = (await with_mask(other, boxed, holes)).astype(int)
    assert np.abs(whole - tiled).max() <= 2
