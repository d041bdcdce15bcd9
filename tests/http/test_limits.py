"""What a picture may be: each limit over HTTP, with its code, its limit and its value; and decoders that misbehave."""

import asyncio
import io

import httpx
import numpy as np
import pytest
from PIL import Image

from app.codecs.picture import Frame, Limits
from app.codecs.png import write_png
from app.codecs.wire import Message
from app.sandbox import Sandbox, _Process
from app.settings import Settings
from tests.conftest import encoded, png
from tests.http.conftest import Connect, halving_loader, running
from tests.http.test_errors import assert_problem

PICTURE = np.full((20, 30, 3), 90, np.uint8)
RISKY = 6
"""More than there are threads of any kind on two cores."""
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")


def animated(frames: int, format_: str) -> bytes:
    images = [Image.fromarray(np.full((20, 30, 3), 20 * index, np.uint8)) for index in range(frames)]
    target = io.BytesIO()
    images[0].save(target, format=format_, save_all=True, append_images=images[1:])
    return target.getvalue()


@pytest.mark.parametrize("format_", FORMATS)
async def test_too_many_pixels(connect: Connect, format_: str) -> None:
    async with connect(max_pixels=599) as client:
        body = assert_problem(
            await client.post("/denoise", content=encoded(PICTURE, format_)), 413, "image_too_large", "600", "599"
        )
    assert (body["limit"], body["value"]) == (599, 600)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
async def test_too_many_frames_and_pixels_of_all_frames(connect: Connect, format_: str) -> None:
    async with connect(max_frames=4, max_pixels=2000) as client:
        many = await client.post("/denoise", content=animated(5, format_))
        large = await client.post("/denoise", content=animated(4, format_))
        fitting = await client.post("/denoise", content=animated(3, format_), params={"sigma": 5})
    body = assert_problem(many, 413, "image_too_large", "4")
    assert (body["limit"], body["value"]) == (4, 5)
    body = assert_problem(large, 413, "image_too_large", "2400", "2000")
    assert (body["limit"], body["value"]) == (2000, 2400)
    assert fitting.status_code == 200


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("limits", "status", "code", "value"),
    [({"min_side": 21}, 422, "image_too_small", 20), ({"max_side": 29}, 413, "image_too_large", 30)],
    ids=["short", "long"],
)
async def test_too_short_and_too_long(
    connect: Connect, format_: str, limits: dict[str, int], status: int, code: str, value: int
) -> None:
    (limit,) = limits.values()
    async with connect(**limits) as client:
        response = await client.post("/denoise", content=encoded(PICTURE, format_))
    body = assert_problem(response, status, code, "30 x 20", str(limit))
    assert (body["limit"], body["value"]) == (limit, value)


async def test_line_of_a_million_pixels_is_refused_before_it_becomes_thousands_of_tiles(connect: Connect) -> None:
    async with connect() as client:
        response = await client.post("/denoise", content=png(np.zeros((1, 1_000_000, 3), np.uint8)))
    assert_problem(response, 413, "image_too_large", "1000000 x 1", "65536")


@pytest.mark.parametrize("format_", FORMATS)
async def test_smallest_picture_comes_back(connect: Connect, format_: str) -> None:
    async with connect() as client:
        response = await client.post("/denoise", content=encoded(PICTURE[:1, :1], format_))
    assert response.status_code == 200


@pytest.mark.parametrize("format_", FORMATS)
async def test_cut_off_file(connect: Connect, format_: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    file = encoded(noise, format_)
    async with connect() as client:
        response = await client.post("/denoise", content=file[: len(file) * 2 // 3])
    assert_problem(response, 422, "corrupt_image", format_, "again")


@pytest.mark.parametrize(
    "file", [b"\0\0\1\0\1\0", b"%!PS-Adobe-3.0 EPSF", b"%PDF-1.7", b"<svg xmlns=''/>", b"8BPS", b"P6 1 1"]
)
async def test_formats_that_are_not_read_whatever_they_are_called(connect: Connect, file: bytes) -> None:
    async with connect() as client:
        named = await client.post("/denoise", files={"file": ("a.png", file + bytes(99), "image/png")})
        raw = await client.post("/denoise", content=file + bytes(99), headers={"content-type": "image/jpeg"})
    for response in (named, raw):
        assert_problem(response, 415, "unsupported_image", "PNG", "AVIF")


async def test_deep_animation_is_refused_by_name(connect: Connect) -> None:
    frames = [Frame(np.full((4, 4, 1), value, np.uint16)) for value in (1, 2)]
    async with connect() as client:
        response = await client.post("/denoise", content=write_png(frames))
    assert_problem(response, 415, "unsupported_image", "16 bits", "8 bits")


class TestDecoderThatMisbehaves:
    """A decoder that hangs or dies takes nothing along, and nobody waits for it."""

    @staticmethod
    async def answers(monkeypatch: pytest.MonkeyPatch, what: str, **settings: object) -> list[httpx.Response]:
        """Ask for pictures whose decoder does `what`, for an ordinary one beside them, and for one of a GIF after."""
        plain = png(PICTURE)
        async with running(Settings(**settings), loader=halving_loader) as (app, client):
            transcoder = app.state.service.transcoder
            sound = transcoder._sandbox
            hostile = Sandbox(transcoder._limits, module="tests.app.hostile_process")
            real_exchange = hostile.exchange

            def exchange(seconds: float) -> object:
                asked = real_exchange(seconds)
                ask = asked.ask

                def ask_what(message: object, most: int) -> object:
                    message.text["do"] = what
                    return ask(message, most)

                asked.ask = ask_what
                return asked

            monkeypatch.setattr(hostile, "exchange", exchange)
            monkeypatch.setattr(transcoder, "_sandbox", hostile)
            gif = encoded(PICTURE, "GIF")
            risky = [asyncio.create_task(client.post("/denoise", content=gif)) for _ in range(RISKY)]
            await asyncio.sleep(0.05)
            beside = await client.post("/denoise", content=plain, params={"sigma": 5})
            waited = all(task.done() for task in risky)
            first, *_ = await asyncio.gather(*risky)
            assert what != "hang" or not waited
            monkeypatch.setattr(transcoder, "_sandbox", sound)
            after = await client.post("/denoise", content=encoded(PICTURE, "GIF"), params={"sigma": 5})
            hostile.stop()
        return [first, beside, after]

    async def test_hanging(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, beside, after = await self.answers(monkeypatch, "hang", decode_timeout_s=0.5)
        body = assert_problem(first, 422, "corrupt_image", "0.5 s")
        assert body["limit"] == 0.5
        assert (beside.status_code, after.status_code) == (200, 200)

    @pytest.mark.parametrize("what", ["crash", "babble", "swell"])
    async def test_dying(self, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
        first, beside, after = await self.answers(monkeypatch, what)
        assert_problem(first, 422, "corrupt_image", "sound file")
        assert (beside.status_code, after.status_code) == (200, 200)


class TestEncoderThatDies:
    """The pixels are ours, so it is the machine's fault: one more try, and then an error that says so."""

    @staticmethod
    async def answer(monkeypatch: pytest.MonkeyPatch, deaths: int) -> httpx.Response:
        left, ask = deaths, _Process.ask

        def ask_or_die(process: _Process, message: Message, *rest: object) -> Message:
            nonlocal left
            if message.text["do"] == "encode" and left:
                left -= 1
                process.kill()
            return ask(process, message, *rest)

        monkeypatch.setattr(_Process, "ask", ask_or_die)
        async with running(Settings(), loader=halving_loader) as (_, client):
            return await client.post("/denoise?sigma=5", content=encoded(PICTURE, "WEBP"))

    async def test_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (await self.answer(monkeypatch, deaths=1)).status_code == 200

    async def test_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        response = await self.answer(monkeypatch, deaths=2)
        assert_problem(response, 429, "overloaded", "memory", "later")
        assert int(response.headers["retry-after"]) > 0


async def test_processes_that_can_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Settings(), loader=halving_loader) as (app, client):
        monkeypatch.setattr(app.state.service.transcoder, "_sandbox", Sandbox(Limits(1000, 1), module="no.such.module"))
        response = await client.post("/denoise", content=encoded(PICTURE, "GIF"))
        plain = await client.post("/denoise?sigma=5", content=png(PICTURE))
    assert_problem(response, 429, "overloaded", "processes", "later")
    assert plain.status_code == 200


async def test_long_name_takes_no_time(connect: Connect) -> None:
    """To normalise a name takes the square of its length in marks: six seconds for these."""
    marks = "".join(chr(0x300 + index % 60) for index in range(40_000))
    headers = {"content-disposition": b"attachment; filename=" + marks.encode()}
    async with connect() as client:
        response = await client.post("/denoise?sigma=5", content=png(PICTURE), headers=headers)
    assert response.status_code == 200
    assert len(response.headers["content-disposition"]) < 1000


async def test_too_many_frames_to_count_end_with_the_deadline(connect: Connect) -> None:
    first, *others = [Image.fromarray(np.full((1, 1), index % 256, np.uint8)) for index in range(20_000)]
    target = io.BytesIO()
    first.save(target, format="GIF", save_all=True, append_images=others)
    async with connect(deadline_s=0.05) as client:
        response = await client.post("/denoise", content=target.getvalue())
    assert_problem(response, 504, "deadline_exceeded", "0 s")
