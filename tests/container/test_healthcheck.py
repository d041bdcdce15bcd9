"""`python -m app.healthcheck`, which HEALTHCHECK runs."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.live.conftest import free_port


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answers) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def asked(port: int, *python: str, host: str = "127.0.0.1") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LIMPID_HOST": host, "LIMPID_PORT": str(port)}
    command = [sys.executable, *(python or ("-m", "app.healthcheck"))]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_a_service_is_healthy_once_it_is_ready(server: HTTPServer, status: int, code: int) -> None:
    server.status = status
    answer = asked(server.server_port)
    assert answer.returncode == code
    assert answer.stdout == f"{status}\n"


def test_a_service_that_listens_everywhere_is_found(server: HTTPServer) -> None:
    server.status = 200
    assert asked(server.server_port, host="0.0.0.0").returncode == 0


def test_nobody_listening_is_unhealthy() -> None:
    answer = asked(free_port())
    assert answer.returncode == 1
    assert "no answer" in answer.stdout


def test_asking_loads_nothing_of_the_service() -> None:
    unknown = ("pydantic", "fastapi", "starlette", "uvicorn", "numpy")
    code = f"import sys, app.healthcheck; sys.exit(any(name in sys.modules for name in {unknown}))"
    assert asked(0, "-c", code).returncode == 0
