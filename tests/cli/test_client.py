"""Asking a service that is elsewhere: keys, patience, answers that are none, how many files at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.commands import client
from app.commands.batch import Batch, write_whole
from app.commands.client import Answer, Refused, ask, remote
from app.commands.plan import plan
from app.commands.report import Report
from app.settings import Settings
from tests.cli.conftest import Run, flat
from tests.http.conftest import connected, halving_loader

Handler = Callable[[httpx.Request], httpx.Response]
PICTURE = httpx.Response(200, content=b"picture", headers={"Content-Type": "image/png", "X-Warnings": "in gray"})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(flat(100))
    return tmp_path / "a.png"


async def asked(source: Path, handler: Handler) -> Answer:
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="http://far/away/") as service:
        return await ask(service, source, {"sigma": "5"})


async def test_a_request_holds_the_file_and_the_options(source: Path) -> None:
    seen: list[tuple[str, bytes, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((str(request.url), request.read(), request.headers["Content-Length"]))
        return PICTURE

    content = flat(100)
    assert await asked(source, handler) == Answer(b"picture", "png", "in gray")
    assert seen == [("http://far/away/denoise?sigma=5", content, str(len(content)))]


async def test_key_is_sent_with_every_request() -> None:
    async with remote("http://far", "correct-horse-battery") as service:
        assert service.headers["X-API-Key"] == "correct-horse-battery"
    async with remote("http://far", None) as service:
        assert "X-API-Key" not in service.headers


async def test_a_busy_service_is_asked_again_when_it_says(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def no_sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(client.asyncio, "sleep", no_sleep)
    answers = iter(
        [
            httpx.Response(429, headers={"Retry-After": "7"}),
            httpx.Response(503),
            PICTURE,
        ]
    )
    assert (await asked(source, lambda _: next(answers))).content == b"picture"
    assert pauses == [7, client.PAUSE_S]


async def test_patience_ends(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def no_sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(client.asyncio, "sleep", no_sleep)
    busy = httpx.Response(429, headers={"Retry-After": "250"}, json={"detail": "the queue is long"})
    with pytest.raises(Refused, match="the queue is long"):
        await asked(source, lambda _: busy)
    assert waited == [250, 250]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(422, json={"detail": "the data are broken"}), "the data are broken"),
        (httpx.Response(502, text="<h1>Bad gateway</h1>"), "502 Bad Gateway"),
        (httpx.Response(500, json=["no problem"]), "500"),
        (httpx.Response(200, html="<h1>It works</h1>"), "is it Limpid"),
    ],
)
async def test_other_answers_become_a_reason(source: Path, answer: httpx.Response, said: str) -> None:
    with pytest.raises(Refused, match=said):
        await asked(source, lambda _: answer)


async def test_a_key_that_is_refused_says_so(source: Path) -> None:
    settings = Settings(models=("photo",), api_keys=("correct-horse-battery",))
    async with connected(settings, loader=halving_loader) as service:
        with pytest.raises(Refused, match="key"):
            await ask(service, source, {})
        service.headers["X-API-Key"] = "correct-horse-battery"
        assert (await ask(service, source, {})).format == "png"


def test_a_service_that_is_not_there_fails_each_file(source: Path, limpid: Run) -> None:
    result = limpid("denoise", source, "-o", "out", "--url", "http://me:secret@127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (1, "0 done, 0 skipped, 1 failed\n")
    assert "no answer from 127.0.0.1:1" in result.stderr
    assert "secret" not in result.output


async def test_no_more_files_are_in_flight_than_jobs(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"{number}.png").write_bytes(flat(number))
    now, most = 0, 0

    async def handler(request: httpx.Request) -> httpx.Response:
        nonlocal now, most
        await request.aread()
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return PICTURE

    @asynccontextmanager
    async def service() -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="http://far") as each:
            yield each

    with Report(7, quiet=True, verbose=False) as report:
        batch = Batch(plan([tmp_path], tmp_path / "out", None), {}, report)
        await batch.run(batch.waiting(again=False), service(), 3)
    assert most == 3
    assert report.summary == "7 done, 0 skipped, 0 failed"


async def test_an_answer_of_another_format_replaces_no_other_result(tmp_path: Path) -> None:
    """The service answers a.jpg as PNG, where a.png's result is to be."""
    (tmp_path / "a.png").write_bytes(flat(1))
    (tmp_path / "a.jpg").write_bytes(flat(2, "JPEG"))
    with Report(2, quiet=True, verbose=False) as report:
        batch = Batch(plan([tmp_path], tmp_path / "out", None), {}, report)
        transport = httpx.MockTransport(lambda _: PICTURE)
        service = httpx.AsyncClient(transport=transport, base_url="http://far")
        await batch.run(batch.waiting(again=False), service, 1)
    assert report.summary == "1 done, 0 skipped, 1 failed"


def test_a_file_that_can_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"before")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a.png", b"after")
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"before"
