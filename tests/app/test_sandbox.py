"""Processes that decode: what a file may do to them, and what the service sees of it."""

import io
import os
import signal
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from app.codecs import wire
from app.codecs.picture import Frame, Limits, Picture, Size
from app.codecs.wire import Message
from app.errors import CorruptImage, ImageTooLarge, UnsupportedImage
from app.sandbox import CodecCrashed, CodecTimeout, Sandbox
from tests.conftest import encoded

LIMITS = Limits(pixels=1_000_000, frames=4)
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)
MOST = 2**20
SECONDS = 20.0


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(LIMITS)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def hostile() -> Iterator[Sandbox]:
    sandbox = Sandbox(LIMITS, module="tests.app.hostile_process")
    yield sandbox
    sandbox.stop()


def ask(sandbox: Sandbox, what: str, seconds: float = SECONDS, most: int = MOST, **more: object) -> Message:
    blocks = more.pop("blocks", [])
    return sandbox.exchange(seconds).ask(Message({"do": what, **more}, blocks), most)


def test_file_comes_back_as_the_picture_that_it_is(sandbox: Sandbox) -> None:
    file = encoded(PIXELS, "WEBP", lossless=True)
    header = wire.header_from(ask(sandbox, "inspect", blocks=[file]).text)
    assert header.sizes == (Size(20, 31),)
    picture = wire.picture_from(ask(sandbox, "decode", blocks=[file], header=wire.header_to(header)))
    assert np.array_equal(picture.frames[0].pixels, PIXELS)


def test_picture_goes_there_and_comes_back_as_a_file(sandbox: Sandbox) -> None:
    deep = np.arange(20 * 31, dtype=np.uint16).reshape(20, 31, 1) * 100
    picture = Picture((Frame(deep, deep[..., 0], 7),), "tiff", icc=b"profile", dpi=(300, 150), warnings=("one",))
    message = wire.picture_to(picture)
    back = wire.picture_from(message)
    assert np.array_equal(back.frames[0].pixels, deep)
    assert np.array_equal(back.frames[0].alpha, deep[..., 0])
    assert (back.icc, back.dpi, back.warnings) == (b"profile", (300, 150), ("one",))
    message.text |= {"do": "encode", "as": "webp", "quality": None, "metadata": "all"}
    answer = sandbox.exchange(SECONDS).ask(message, MOST)
    with Image.open(io.BytesIO(answer.blocks[0])) as image:
        assert image.size == (31, 20)
        assert image.mode == "RGBA"
    assert any("16 bits" in each for each in answer.text["lost"])


def test_size_of_the_last_file_bounds_no_answer(sandbox: Sandbox) -> None:
    """The process that decoded a small file writes a larger animation, of which Pillow cuts out what changes."""
    file = encoded(PIXELS, "WEBP", lossless=True)
    header = wire.header_to(wire.header_from(ask(sandbox, "inspect", blocks=[file]).text))
    ask(sandbox, "decode", blocks=[file], header=header)
    still = np.zeros((80, 91, 3), np.uint8)
    changed = np.pad(still[1:-1, 1:-1] + np.uint8(90), ((1, 1), (1, 1), (0, 0)))
    message = wire.picture_to(Picture(tuple(Frame(pixels, milliseconds=80) for pixels in (still, changed)), "gif"))
    message.text |= {"do": "encode", "as": "gif", "quality": None, "metadata": "all"}
    with Image.open(io.BytesIO(sandbox.exchange(SECONDS).ask(message, MOST).blocks[0])) as image:
        assert (image.size, image.n_frames) == ((91, 80), 2)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (b"GIF89a" + bytes(30), CorruptImage),
        (b"%PDF-1.4", UnsupportedImage),
        (encoded(np.zeros((2000, 600), np.uint8), "GIF"), ImageTooLarge),
    ],
    ids=["corrupt", "unsupported", "large"],
)
def test_errors_come_back_as_they_are(sandbox: Sandbox, file: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        ask(sandbox, "inspect", blocks=[file])
    if error is ImageTooLarge:
        assert (raised.value.limit, raised.value.value) == (1_000_000, 1_200_000)


def test_hanging_process_is_killed_when_its_time_is_up(hostile: Sandbox) -> None:
    started = time.monotonic()
    with pytest.raises(CodecTimeout):
        ask(hostile, "hang", seconds=0.3)
    assert time.monotonic() - started < 10
    assert bytes(ask(hostile, "echo", blocks=[b"still here"]).blocks[0]) == b"still here"


@pytest.mark.parametrize("what", ["crash", "babble", "swell", "raise"])
def test_process_that_goes_wrong_is_replaced(hostile: Sandbox, what: str) -> None:
    with pytest.raises((CodecCrashed, wire.BrokenMessage)):
        ask(hostile, what, seconds=5)
    assert bytes(ask(hostile, "echo", blocks=[b"still here"]).blocks[0]) == b"still here"


def test_exchange_that_nobody_waits_for_is_ended(hostile: Sandbox) -> None:
    exchange = hostile.exchange(60)
    ended: list[BaseException] = []

    def work() -> None:
        try:
            exchange.ask(Message({"do": "hang"}), MOST)
        except CodecCrashed as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    exchange.kill()
    thread.join(10)
    assert not thread.is_alive()
    assert ended


def test_process_whose_exchange_was_ended_is_not_kept(hostile: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    process = hostile.take()
    hostile.give_back(process)
    exchange = hostile.exchange(SECONDS)
    ask_process = process.ask

    def ask_and_end(*arguments: object) -> Message:
        answer = ask_process(*arguments)
        exchange.kill()
        return answer

    monkeypatch.setattr(process, "ask", ask_and_end)
    exchange.ask(Message({"do": "echo"}), MOST)
    another = hostile.take()
    hostile.give_back(another)
    assert another is not process


def test_idle_process_that_was_killed_is_not_asked(hostile: Sandbox) -> None:
    process = hostile.take()
    hostile.give_back(process)
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert bytes(ask(hostile, "echo", blocks=[b"another"]).blocks[0]) == b"another"


def test_process_knows_no_secret(hostile: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPID_SECRET", "x")
    assert ask(hostile, "echo").text["secrets"] == []


def test_process_ends_with_the_service(hostile: Sandbox) -> None:
    process = hostile.take()
    hostile.stop()
    hostile.give_back(process)
    assert not process.alive


def test_process_that_has_held_much_is_not_kept(hostile: Sandbox) -> None:
    process = hostile.take()
    hostile.give_back(process)
    ask(hostile, "echo", blocks=[bytes(40 * 2**20)], most=2**26)
    assert not process.alive


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    """A TIFF of few pixels in a tile of many: what the header does not say, the limit of address space does."""
    import tifffile

    target = io.BytesIO()
    tifffile.imwrite(target, np.zeros((16, 16, 3), np.uint8), tile=(16, 16), photometric="rgb", compression="zlib")
    file = target.getvalue()
    with tifffile.TiffFile(io.BytesIO(file)) as tiff:
        places = [tiff.pages[0].tags[name].valueoffset for name in ("TileWidth", "TileLength")]
    for place in places:
        file = file[:place] + (65520).to_bytes(2, "little") + file[place + 2 :]
    header = ask(sandbox, "inspect", blocks=[file]).text
    with pytest.raises(CorruptImage):
        ask(sandbox, "decode", blocks=[file], header=header)


def test_census_counts_processes_and_why_they_ended(hostile: Sandbox) -> None:
    ask(hostile, "echo")
    assert (hostile.census.running, sum(hostile.census.ended.values())) == (1, 0)
    with pytest.raises(CodecTimeout):
        ask(hostile, "hang", seconds=0.1)
    with pytest.raises(CodecCrashed):
        ask(hostile, "crash")
    ask(hostile, "echo", blocks=[bytes(40 * 2**20)], most=2**26)
    ended = {why: count for why, count in hostile.census.ended.items() if count}
    assert ended == {"timeout": 1, "crashed": 1, "recycled": 1}
    assert hostile.census.running == 0
