"""The process and its signals: a reload, pictures in flight at its end, an end before it was ready."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.app.test_reloading import add, truncate
from tests.conftest import png
from tests.live.conftest import Server, running, start, statuses_until_ready

pytestmark = pytest.mark.live

NOT_READY = 503


def model_of(server: Server, size: int = 28) -> str:
    """Return the name@version that answers a picture."""
    picture = png(np.zeros((size, size), np.uint8))
    answer = httpx.post(f"{server.url}/denoise?model=digits-denoise", content=picture, timeout=60)
    return answer.raise_for_status().headers["X-Model"].partition(";")[0]


def reload(server: Server, outcome: str) -> None:
    """Ask for a reload and wait until one has come out as `outcome`: a signal says nothing of when it is done."""
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    while f'limpid_reloads_total{{outcome="{outcome}"}} 1.0' not in httpx.get(f"{server.url}/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.5)  # each question is a line in a log that nobody reads before the end


async def until_in_progress(client: httpx.AsyncClient, count: int) -> None:
    for _ in range(500):
        if f'limpid_requests_in_progress{{endpoint="/denoise"}} {count}.0' in (await client.get("/metrics")).text:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def post_16_and_end(server: Server) -> list[int]:
    """Send 16 pictures at once, then SIGTERM; return the statuses."""
    picture = png(np.zeros((700, 700), np.uint8))
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        sent = [asyncio.create_task(client.post("/denoise?model=digits-denoise", content=picture)) for _ in range(16)]
        await until_in_progress(client, 16)
        server.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*sent)
    return [answer.status_code for answer in answers]


def test_reloads_under_the_same_process_id_then_an_end_that_fails_nobody(tmp_path: Path) -> None:
    add(tmp_path, "digits-denoise", "1")
    patient = {"WAIT_SHARE": "1", "DEADLINE_S": "300", "DRAIN_TIMEOUT_S": "300"}
    with running(ARTIFACTS_DIR=str(tmp_path), MODELS="digits-denoise", **patient) as server:
        statuses_until_ready(server)
        reload(server, "unchanged")
        add(tmp_path, "digits-denoise", "2")
        reload(server, "swapped")
        truncate(add(tmp_path, "digits-denoise", "3"))
        reload(server, "refused")
        assert model_of(server) == "digits-denoise@2"
        assert asyncio.run(post_16_and_end(server)) == [200] * 16
        _, log = server.process.communicate(timeout=60)
        assert server.process.returncode == 0
    assert "reloaded digits-denoise@1 -> digits-denoise@2" in log
    assert "refused digits-denoise" in log
    assert "Traceback" not in log


def test_signals_before_it_is_ready() -> None:
    with running(MODELS="digits-denoise") as server:
        while not status_of(server, "/health/live"):
            time.sleep(0.05)
        assert status_of(server, "/health/ready") == NOT_READY
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert server.process.poll() is None
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10


def status_of(server: Server, path: str) -> int:
    try:
        return httpx.get(f"{server.url}{path}", timeout=10).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may have a GPU that TensorFlow finds")
def test_a_gpu_that_is_not_there_ends_the_start_with_one_line() -> None:
    server = start(DEVICE="gpu", MODELS="digits-denoise", LOG_LEVEL="error")
    _, log = server.process.communicate(timeout=120)
    ours = [line for line in log.splitlines() if "app." in line]
    assert server.process.returncode == 1
    assert len(ours) == 1
    assert "LIMPID_DEVICE is gpu, but TensorFlow finds none here" in ours[0]
