"""`limpid denoise` as a process, with a real network."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from skimage import data

from app.settings import Settings
from tests.conftest import decoded, png, with_noise
from tests.http.conftest import connected

ROOT = Path(__file__).parent.parent.parent
MODEL = "digits-denoise"


@pytest.mark.live
def test_pixels_are_those_that_http_answers_and_a_bad_file_is_told(tmp_path: Path) -> None:
    pictures = {"coins.png": with_noise(data.coins()[:90, :120]), "camera.png": with_noise(data.camera()[:64, :100])}
    for name, pixels in pictures.items():
        (tmp_path / name).write_bytes(png(pixels))
    (tmp_path / "cut.png").write_bytes(png(data.moon())[:1000])
    command = [sys.executable, "-m", "app.cli", "denoise", str(tmp_path), "-o", str(tmp_path / "out")]
    ran = subprocess.run(
        [*command, "--model", MODEL, "--jobs", "1"], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "2 done, 0 skipped, 1 failed\n")
    assert f"failed {tmp_path / 'cut.png'}: the PNG data are broken or cut off" in ran.stderr
    assert "Traceback" not in ran.stderr
    for name, expected in zip(pictures, asyncio.run(answers([*pictures.values()])), strict=True):
        assert np.array_equal(decoded((tmp_path / "out" / name).read_bytes()), decoded(expected.content))


async def answers(pictures: list[np.ndarray]) -> list[httpx.Response]:
    async with connected(Settings(models=(MODEL,), default_denoise=MODEL)) as service:
        return [await service.post("/denoise", content=png(pixels)) for pixels in pictures]
