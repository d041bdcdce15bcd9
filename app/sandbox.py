"""Processes that decode and encode what could hang, crash or swell: they can be killed, threads can't.

See docs/decisions/0010-codec-processes.md.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import app
from app.codecs.picture import Limits
from app.codecs.wire import BrokenMessage, Channel, Message, raise_error

START_S = 30.0
BASE_MEMORY_BYTES = 2**30
MEMORY_BYTES_PER_PIXEL = 100
"""The hungriest codec, an AVIF with alpha being written, was seen to take 46; and a comparison is twice as wide."""
SOCKET_BYTES = 2**20
RECYCLED_BYTES = 64 * 2**20
"""A process that has had a message of this size is not kept: it may not give its memory back."""


class CodecCrashed(Exception):
    """The process ended, ran out of its time, or answered nonsense."""


class NoProcess(Exception):
    """No process could be started: the machine is out of memory or of processes."""


class CodecTimeout(CodecCrashed):
    """The process was killed when its time was up."""


class CodecFailed(Exception):
    """The codec raised what nobody expected of it; the message is its traceback."""


Ending = Literal["cancelled", "crashed", "recycled", "stopped", "timeout"]
"""Why a process is no more: nobody waited for it, its file ended it, it had held much, the service ends, its time."""


@dataclass(frozen=True)
class Census:
    """How many processes there are, and how many ended, by the reason."""

    running: int
    ended: Mapping[Ending, int]


class Sandbox:
    """A few idle processes, and as many busy ones as there are threads that ask. `module` is what they run."""

    def __init__(self, limits: Limits, module: str = "app.codecs.process") -> None:
        self._limits, self._module = limits, module
        self._idle: list[_Process] = []
        self._lock = threading.Lock()
        self._open = True
        self._started = 0
        self._ended: Counter[Ending] = Counter(dict.fromkeys(get_args(Ending), 0))

    @property
    def census(self) -> Census:
        """What there is now."""
        with self._lock:
            return Census(self._started - self._ended.total(), dict(self._ended))

    def start(self, count: int) -> None:
        """Start `count` processes, in the background."""
        threading.Thread(target=self._prepare, args=(count,), name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """End all idle processes; busy ones end with their exchange."""
        with self._lock:
            self._open, idle, self._idle = False, self._idle, []
        for process in idle:
            self.end(process, "stopped")

    def exchange(self, seconds: float) -> "Exchange":
        """Return an exchange that may take so long, of which any thread can make use once."""
        return Exchange(self, seconds)

    def take(self) -> "_Process":
        """Return a process that waits for work. Raises NoProcess."""
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None:
                return self._new()
            if process.alive:
                return process
            self.end(process, "crashed")

    def give_back(self, process: "_Process") -> None:
        """Keep a process that is done for the next."""
        with self._lock:
            if self._open:
                self._idle.append(process)
                return
        self.end(process, "stopped")

    def end(self, process: "_Process", why: Ending) -> None:
        """End a process that `take` returned, for good."""
        process.discard()
        with self._lock:
            self._ended[why] += 1

    def _new(self) -> "_Process":
        process = _Process(self._limits, self._module)
        with self._lock:
            self._started += 1
        return process

    def _prepare(self, count: int) -> None:
        for _ in range(count):
            with contextlib.suppress(NoProcess):
                self.give_back(self._new())


class Exchange:
    """One question and its answer. `kill` ends it at once, from any thread."""

    def __init__(self, sandbox: Sandbox, seconds: float) -> None:
        self._sandbox, self._seconds = sandbox, seconds
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._killed = False

    def ask(self, message: Message, most: int) -> Message:
        """Return the answer, of up to `most` bytes; blocking.

        Raises the errors of app.errors that decoders know, CodecCrashed, CodecTimeout, CodecFailed, NoProcess.
        """
        process = self._sandbox.take()
        message.text["seconds"] = self._seconds
        ending: Ending | None = "crashed"
        try:
            self._hold(process)
            answer = process.ask(message, most, self._seconds)
            ending = "recycled" if _size(message) + _size(answer) > RECYCLED_BYTES else None
        except CodecTimeout:
            ending = "timeout"
            raise
        finally:
            if self._hold(None):
                ending = "cancelled"
            if ending:
                self._sandbox.end(process, ending)
            else:
                self._sandbox.give_back(process)
        raise_error(answer.text)
        if "failed" in answer.text:
            raise CodecFailed(answer.text["failed"])
        return answer

    def _hold(self, process: "_Process | None") -> bool:
        """Make `process` the one to be killed; return whether that has been asked for."""
        with self._lock:
            self._process = process
            if process is not None and self._killed:
                process.kill()
            return self._killed

    def kill(self) -> None:
        """End the exchange: nobody waits for it any more."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()


class _Process:
    """One process and our end of the socket to it."""

    def __init__(self, limits: Limits, module: str) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        memory = BASE_MEMORY_BYTES + MEMORY_BYTES_PER_PIXEL * limits.pixels
        numbers = (theirs.fileno(), memory, limits.pixels, limits.frames, limits.shortest, limits.longest)
        self._channel = Channel(ours)
        with theirs:
            try:
                self._popen = subprocess.Popen(  # noqa: S603  our own module and numbers
                    [sys.executable, "-m", module, *map(str, numbers)],
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
            except OSError as error:
                self._channel.close()
                raise NoProcess(str(error)) from error
        try:
            self._read(0, time.monotonic() + START_S)
        except CodecCrashed as error:
            self.discard()
            raise NoProcess("it did not start in time") from error

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def ask(self, message: Message, most: int, seconds: float) -> Message:
        """Send a message and return the answer."""
        deadline = time.monotonic() + seconds
        self._channel.deadline = deadline
        try:
            self._channel.send(message)
        except TimeoutError as error:
            raise CodecTimeout from error
        except OSError as error:
            raise CodecCrashed("the process does not listen") from error
        return self._read(most, deadline)

    def kill(self) -> None:
        """End the process, whichever thread waits for it."""
        self._popen.kill()

    def discard(self) -> None:
        """End the process and let go of our end of the socket; for the thread that has it."""
        self._popen.kill()
        self._popen.wait()
        self._channel.close()

    def _read(self, most: int, deadline: float) -> Message:
        self._channel.deadline = deadline
        try:
            return self._channel.receive(most)
        except TimeoutError as error:
            raise CodecTimeout from error
        except (BrokenMessage, OSError, ValueError) as error:
            raise CodecCrashed(str(error)) from error


def _environment() -> dict[str, str]:
    """Return what the process may know: where the code is, and no secret of the service's."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR"}}
    return {
        **kept,
        "PYTHONPATH": str(Path(app.__file__).parent.parent),
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _size(message: Message) -> int:
    return sum(len(block) for block in message.blocks)
