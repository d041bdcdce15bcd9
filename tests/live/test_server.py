"""The service as a process: start-up, a photograph over the wire, stopping, refusing to start."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from models.store import BUNDLED, newest
from tests.conftest import decoded, png, psnr, with_noise
from tests.live.conftest import Server, running, start, statuses_until_ready

pytestmark = pytest.mark.live

UVICORN_STARTUP_FAILURE = 3


def test_life_from_start_to_stop(photograph: np.ndarray) -> None:
    with running() as server:
        seen = statuses_until_ready(server)
        assert 503 in seen, "it listens, and says that it is not ready, while the models are loaded"
        noisy = with_noise(photograph)
        response = httpx.post(f"{server.url}/denoise", files={"file": png(noisy)}, timeout=60)
        assert psnr(photograph, decoded(response.content)) > psnr(photograph, noisy) + 8
        hang_up_halfway(server)
        assert httpx.get(f"{server.url}/health/ready", timeout=10).status_code == 200
        assert server.stop() == 0
        log = server.process.stderr.read()
    assert "ready" in log
    assert "Traceback" not in log


def test_evaluation_measures_what_the_service_answers(
    server: Server, photograph: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`evaluate --protocol http` and the service, given the same noisy 8-bit file, agree to 0.01 dB."""
    from training.__main__ import main

    (tmp_path / "one.png").write_bytes(png(photograph))
    assert main(["evaluate", "photo", "--data", str(tmp_path), "--sigma", "25", "--protocol", "http"]) == 0
    measured = float(capsys.readouterr().out.split("PSNR ")[1].split(" dB")[0])

    noise = np.random.default_rng(0).standard_normal(photograph.shape) * 25
    noisy = np.rint(np.clip(photograph + noise, 0, 255)).astype(np.uint8)
    answer = httpx.post(f"{server.url}/denoise?sigma=25", files={"file": png(noisy)}, timeout=60)
    assert psnr(photograph, decoded(answer.content)) == pytest.approx(measured, abs=0.01)


def test_many_clients_at_once_get_their_own_pictures(server: Server) -> None:
    from concurrent.futures import ThreadPoolExecutor

    levels = range(0, 256, 16)

    def send(level: int) -> np.ndarray:
        flat = np.full((48, 48, 3), level, np.uint8)
        return decoded(httpx.post(f"{server.url}/denoise?sigma=5", content=png(flat), timeout=60).content)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, levels))
    for level, answer in zip(levels, answers, strict=True):
        assert abs(float(answer.mean()) - level) < 4


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_clients_that_hang_up_are_worked_for_no_longer(server: Server, photograph: np.ndarray) -> None:
    """Forty pictures of 2 megapixels are a minute of work on one core; without clients, the process is soon idle."""
    large = png(np.tile(with_noise(photograph), (4, 4, 1)))
    host, port = server.url.removeprefix("http://").split(":")
    head = f"POST /denoise?sigma=25 HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(large)}\r\n\r\n"
    connections = [socket.create_connection((host, int(port)), timeout=60) for _ in range(40)]
    for connection in connections:
        connection.sendall(head.encode() + large)
    for connection in connections:
        connection.close()
    assert any(busy_seconds_of_the_next(1.0, server) < 0.1 for _ in range(8))
    answer = httpx.post(f"{server.url}/denoise?sigma=25", content=png(photograph), timeout=60)
    assert answer.status_code == 200


def busy_seconds_of_the_next(seconds: float, server: Server) -> float:
    """Return how long the server's process is on a core meanwhile."""
    before = processor_seconds(server)
    time.sleep(seconds)
    return processor_seconds(server) - before


def processor_seconds(server: Server) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def hang_up_halfway(server: Server) -> None:
    """Promise a body of 5,000 bytes, send fewer, and close the connection."""
    host, port = server.url.removeprefix("http://").split(":")
    head = f"POST /denoise HTTP/1.1\r\nHost: {host}\r\nContent-Type: image/png\r\nContent-Length: 5000\r\n\r\n"
    for body in (b"", b"\x89PNG half of a pic"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(head.encode() + body)


def broken_artifacts(tmp_path: Path) -> Path:
    source = newest(BUNDLED, "photo")
    shutil.copytree(source, tmp_path / "photo" / source.name)
    model = tmp_path / "photo" / source.name / "model.keras"
    model.write_bytes(model.read_bytes()[:-1])
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"MODELS": "unet"}, "unet"),
        ({"ARTIFACTS_DIR": "/nowhere"}, "/nowhere"),
        ({"PORT": "eighty"}, "LIMPID_PORT"),
        ({"MAX_PIXELS": "0"}, "LIMPID_MAX_PIXELS"),
        ({"MODELS": ","}, "LIMPID_MODELS"),
        ({"CORS_ORIGINS": "example.com"}, "LIMPID_CORS_ORIGINS"),
    ],
)
def test_impossible_start_is_one_clear_line(settings: dict[str, str], named: str) -> None:
    server = start(**settings)
    _, log = server.process.communicate(timeout=60)
    assert server.process.returncode == 1
    assert named in log
    assert len(log.strip().splitlines()) == 1


def test_corrupt_artifact_stops_the_start(tmp_path: Path) -> None:
    server = start(ARTIFACTS_DIR=str(broken_artifacts(tmp_path)), MODELS="photo")
    _, log = server.process.communicate(timeout=60)
    assert server.process.returncode == 1
    assert "sha256" in log
    assert len(log.strip().splitlines()) == 1


def test_port_in_use_ends_the_process(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    second = start(PORT=port)
    _, log = second.process.communicate(timeout=60)
    assert second.process.returncode == UVICORN_STARTUP_FAILURE
    assert "address already in use" in log


BESIDE_A_THREAD_AT_WORK = """
import atexit, sys, threading, time
from app.__main__ import main
from app.background import NAME
atexit.register(print, "the interpreter went first")
threading.Thread(target=time.sleep, args=(60,), name=NAME, daemon=True).start()
sys.exit(main())
"""


def test_port_in_use_while_models_are_loaded_does_not_wait_for_a_crash(server: Server) -> None:
    """TensorFlow aborts the process, with -6 for 3, if the interpreter ends below a thread that loads a model."""
    port = server.url.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-c", BESIDE_A_THREAD_AT_WORK],
        env={**os.environ, "LIMPID_PORT": port, "LIMPID_MODELS": "digits-ae"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == UVICORN_STARTUP_FAILURE, second.stderr
    assert second.stdout == ""
    assert "address already in use" in second.stderr
