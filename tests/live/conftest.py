"""A real server process, started as `make serve` starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
READY_WITHIN_S = 120


@dataclass
class Server:
    process: subprocess.Popen[str]
    url: str

    def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(**settings: str) -> Server:
    port = free_port()
    environment = {
        **os.environ,
        "LIMPID_PORT": str(port),
        **{f"LIMPID_{key}": value for key, value in settings.items()},
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    return Server(process, f"http://127.0.0.1:{port}")


def statuses_until_ready(server: Server) -> list[int]:
    """Ask /health/ready until it answers 200 and return all it answered; 0 is: not listening yet."""
    seen: list[int] = []
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            seen.append(httpx.get(f"{server.url}/health/ready", timeout=5).status_code)
        except httpx.TransportError:
            seen.append(0)
        if seen[-1] == 200:
            return seen
        time.sleep(0.1)
    raise AssertionError(f"not ready; it answered {set(seen)}")


@contextmanager
def running(**settings: str) -> Iterator[Server]:
    server = start(**settings)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that is ready, with the models of the repository."""
    with running() as ready:
        statuses_until_ready(ready)
        yield ready
