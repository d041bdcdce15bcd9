"""A server as a process of its own: started on a free port, watched through /proc, ended whatever happens."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks.client import HOST, MEDIA_TYPES

ROOT = Path(__file__).parent.parent
LIMPID = ("-m", "app")
READY_WITHIN_S = 180
STOPPED_WITHIN_S = 20
POLL_S = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running process and what it has logged; `started` is the time.perf_counter() of its start."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    started: float

    def status(self, path: str) -> int:
        """Return the status of GET `path`; 0 where nothing listens yet."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def post(self, path: str, file: bytes, timeout_s: float = 120) -> bytes:
        """Return the body that answers an upload. Raises RuntimeError for any status but 200."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout_s)
        try:
            connection.request("POST", path, file, {"Content-Type": MEDIA_TYPES[file[:4]]})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"POST {path}: {answer.status} {body[:500]!r}")
        return body

    def wait_for(self, path: str) -> float:
        """Return the seconds from the start of the process until `path` answered 200. Raises RuntimeError."""
        while time.perf_counter() - self.started < READY_WITHIN_S and self.process.poll() is None:
            if self.status(path) == http.HTTPStatus.OK:
                return time.perf_counter() - self.started
            time.sleep(POLL_S)
        raise RuntimeError(f"{path} never answered 200; the log ends with:\n{self.log.read_text()[-2000:]}")

    def rss(self) -> float:
        """Return the resident memory in MB (10^6 bytes)."""
        return self._memory("VmRSS")

    def peak_rss(self) -> float:
        """Return the largest resident memory since the start or since `reset_peak`, in MB."""
        return self._memory("VmHWM")

    def reset_peak(self) -> None:
        """Start the peak anew, where the kernel lets us; otherwise it stays that since the start."""
        try:
            Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        except PermissionError:
            print("clear_refs is not permitted: peaks are those since the server's start", file=sys.stderr)

    def cpu_seconds(self) -> float:
        """Return the seconds that the process has been on a core."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def _memory(self, field: str) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise RuntimeError(f"no {field}: the server has ended")


@contextmanager
def running(
    command: Sequence[str] = LIMPID,
    *,
    ready: str = "/health/ready",
    settings: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Server]:
    """Start `python COMMAND` and yield it once `ready` answers 200; an empty `ready` does not wait.

    `settings` become LIMPID_… in its environment, beside LIMPID_PORT; none of this process's own are handed down.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=_environment(port, settings),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = Server(process, port, log, time.perf_counter())
        try:
            if ready:
                server.wait_for(ready)
            yield server
        finally:
            _end(process)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _environment(port: int, settings: Mapping[str, object]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIMPID_")}
    ours = {f"LIMPID_{name.upper()}": str(value) for name, value in settings.items()}
    return {**inherited, "TF_CPP_MIN_LOG_LEVEL": "2", "LIMPID_PORT": str(port), **ours}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to stop; whatever is left of it and its children after a while is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=STOPPED_WITHIN_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
