"""API keys: missing, wrong, revoked; where they are read from, and where they never appear."""

import asyncio
import http.client
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI

from app.access.keys import ApiKeys, KeysError
from app.main import create_app
from app.reasons import reason_of
from app.settings import Settings
from tests.conftest import png
from tests.http.conftest import Connect, halving_loader
from tests.http.test_errors import assert_problem

PICTURE = png(np.full((20, 30, 3), 90, np.uint8))
KEY = "first-key-of-the-tests"
OTHER = "second-key-of-the-tests"
WRONG = "no-key-of-this-service"
GUARDED = ("/models", "/docs", "/openapi.json", "/metrics", "/nowhere")
LET_IN = "/openapi.json"
"""What answers 200 to who is let in, models or not."""


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have refusals answered at once."""
    monkeypatch.setattr("app.access.middleware.PAUSE_S", 0)


def listed(folder: Path, text: str, mode: int = 0o600) -> Path:
    """Write a file of keys and return it."""
    path = folder / "keys"
    path.write_text(text)
    path.chmod(mode)
    return path


def reach(**settings: object) -> tuple[FastAPI, httpx.AsyncClient]:
    """Return an application whose models are not loaded, and a client of it: what is checked here comes before them."""
    app = create_app(Settings(**settings), loader=halving_loader)
    return app, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://limpid")


async def statuses(client: httpx.AsyncClient, *keys: str) -> list[int]:
    return [(await client.get(LET_IN, headers={"x-api-key": key})).status_code for key in keys]


class TestWithKeys:
    @pytest.mark.parametrize("path", GUARDED)
    async def test_none_is_unauthorized(self, path: str) -> None:
        _, client = reach(api_keys=KEY)
        async with client:
            response = await client.get(path)
        assert_problem(response, 401, "unauthorized", "X-API-Key", "Authorization: Bearer")
        assert response.headers["www-authenticate"] == 'Bearer realm="limpid"'
        assert "connection" not in response.headers

    async def test_uploads_need_one_and_probes_do_not(self, connect: Connect) -> None:
        async with connect(api_keys=KEY) as client:
            for path in ("/denoise", "/reconstruct", "/encode"):
                assert_problem(await client.post(path, content=PICTURE), 401, "unauthorized")
                taken = await client.post(path, content=PICTURE, headers={"x-api-key": KEY})
                assert taken.status_code == 200
            for path in ("/health/live", "/health/ready"):
                assert (await client.get(path)).status_code == 200
                assert (await client.head(path, headers={"x-api-key": WRONG})).status_code == 200

    @pytest.mark.parametrize("path", ["//health/live", "/health/live/", "/health", "/health/../models", "/Health/live"])
    async def test_what_is_almost_a_probe_needs_one(self, path: str) -> None:
        _, client = reach(api_keys=KEY)
        async with client:
            assert (await client.get(f"http://limpid{path}")).status_code == 401

    @pytest.mark.parametrize("wrong", [WRONG, KEY[:-1], KEY + "x", KEY.upper(), f'"{KEY}"', "ü", f"{KEY},{OTHER}"])
    async def test_wrong_one_is_forbidden(self, wrong: str) -> None:
        _, client = reach(api_keys=f"{KEY},{OTHER}")
        async with client:
            response = await client.get(LET_IN, headers={"x-api-key": wrong.encode("latin-1")})
        assert_problem(response, 403, "forbidden")
        assert wrong not in response.text

    @pytest.mark.parametrize(
        "headers",
        [
            [("x-api-key", KEY)],
            [("x-api-key", OTHER)],
            [("authorization", f"Bearer {KEY}")],
            [("authorization", f"bearer  {KEY}")],
            [("authorization", f"Bearer {KEY}"), ("x-api-key", KEY)],
            [("authorization", "Basic bWU6aGlkZGVu"), ("x-api-key", KEY)],
        ],
    )
    async def test_any_of_them_is_taken_in_either_header(self, headers: list[tuple[str, str]]) -> None:
        _, client = reach(api_keys=f"{KEY},{OTHER}")
        async with client:
            assert (await client.get(LET_IN, headers=headers)).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            [("x-api-key", "")],
            [("authorization", "Bearer")],
            [("authorization", "Bearer ")],
            [("authorization", KEY)],
            [("authorization", "Basic bWU6aGlkZGVu")],
        ],
    )
    async def test_headers_without_one_are_none(self, headers: list[tuple[str, str]]) -> None:
        _, client = reach(api_keys=KEY)
        async with client:
            assert_problem(await client.get(LET_IN, headers=headers), 401, "unauthorized")

    async def test_two_different_ones_are_malformed(self) -> None:
        _, client = reach(api_keys=f"{KEY},{OTHER}")
        async with client:
            for headers in (
                [("x-api-key", KEY), ("authorization", f"Bearer {OTHER}")],
                [("x-api-key", KEY), ("x-api-key", OTHER)],
            ):
                assert_problem(await client.get(LET_IN, headers=headers), 400, "malformed_request", "two API keys")

    async def test_pages_of_allowed_origins_ask_before_they_have_one_and_read_the_refusal(
        self, connect: Connect
    ) -> None:
        origin = "https://app.example"
        asked = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-api-key",
        }
        _, client = reach(api_keys=KEY, cors_origins=origin)
        async with client:
            preflight = await client.options("/denoise", headers=asked)
            refused = await client.post("/denoise", content=PICTURE, headers={"origin": origin, "x-request-id": "a-1"})
        assert preflight.status_code == 200
        body = assert_problem(refused, 401, "unauthorized")
        assert body["request_id"] == "a-1"
        assert refused.headers["access-control-allow-origin"] == origin

    async def test_keys_appear_in_no_answer_and_no_log(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        _, client = reach(api_keys=KEY)
        async with client:
            answers = [
                await client.get(LET_IN, headers={"x-api-key": KEY}),
                await client.get(LET_IN, headers={"authorization": f"Bearer {WRONG}"}),
                await client.get("/metrics", headers={"x-api-key": KEY}),
            ]
        seen = caplog.text + repr(caplog.records) + "".join(f"{answer.headers}{answer.text}" for answer in answers)
        assert KEY not in seen
        assert WRONG not in seen


async def test_without_keys_the_service_is_open() -> None:
    _, client = reach()
    async with client:
        assert await statuses(client, WRONG) == [200]


class TestFile:
    async def test_keys_of_both_places_are_taken(self, tmp_path: Path) -> None:
        path = listed(tmp_path, f"# staff\n\nalice {OTHER}  \n  # bob left\n")
        _, client = reach(api_keys=KEY, api_keys_file=path)
        async with client:
            assert await statuses(client, KEY, OTHER, WRONG) == [200, 200, 403]

    async def test_rotation_lets_the_new_one_in_beside_the_old_and_then_revokes_that(self, tmp_path: Path) -> None:
        path = listed(tmp_path, f"alice {KEY}")
        app, client = reach(api_keys_file=path)
        async with client:
            reload = app.state.service.on_reload[-1]
            assert await statuses(client, KEY, OTHER) == [200, 403]
            listed(tmp_path, f"alice {KEY}\nalice {OTHER}")
            assert await statuses(client, KEY, OTHER) == [200, 403], "a file counts once it is read again"
            reload()
            assert await statuses(client, KEY, OTHER) == [200, 200]
            listed(tmp_path, f"alice {OTHER}")
            reload()
            assert await statuses(client, KEY, OTHER) == [403, 200]

    @pytest.mark.parametrize("text", [None, "", "# none\n", "short", f"{OTHER}\n{OTHER}"])
    async def test_reload_of_a_bad_one_changes_nothing(self, tmp_path: Path, text: str | None) -> None:
        path = listed(tmp_path, KEY)
        app, client = reach(api_keys_file=path)
        async with client:
            path.unlink() if text is None else listed(tmp_path, text)
            with pytest.raises(ValueError, match="LIMPID_API_KEYS_FILE"):
                app.state.service.on_reload[-1]()
            assert await statuses(client, KEY, OTHER) == [200, 403]

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("", "holds no key"),
            ("\n# none\n", "holds no key"),
            ("alice fifteen-letters", "line 1"),
            (f"{OTHER}\n\nbob with two {KEY}x", "line 3"),
            (f"b,b {OTHER}", "line 1"),
            (f"{OTHER}\n{OTHER}ü", "line 2"),
            (f"{OTHER}\nbob {OTHER}", "line 2"),
            (f"bob {KEY}", "line 1"),
        ],
    )
    def test_what_is_no_list_of_keys_stops_the_start_with_a_line_that_holds_none(
        self, tmp_path: Path, text: str, named: str
    ) -> None:
        settings = Settings(api_keys=KEY, api_keys_file=listed(tmp_path, text))
        with pytest.raises(KeysError) as refusal:
            create_app(settings, loader=halving_loader)
        reason = reason_of(refusal.value)
        assert reason.startswith("LIMPID_API_KEYS_FILE: ")
        assert named in reason
        assert "\n" not in reason
        assert not [word for word in text.split() if len(word) >= 15 and word in reason]

    def test_one_that_is_not_there_or_no_text_stops_the_start(self, tmp_path: Path) -> None:
        binary = tmp_path / "binary"
        binary.write_bytes(b"\xff\xfe" * 10)
        long = listed(tmp_path, f"alice {KEY}\n" + "#" * 2**20)
        for path, named in (
            (tmp_path / "none", "No such file"),
            (tmp_path, "directory"),
            (binary, "no text"),
            (long, "longer than 1048576 bytes"),
        ):
            with pytest.raises(KeysError, match=named):
                ApiKeys(Settings(api_keys_file=path))

    @pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
    def test_one_that_everybody_may_read_is_warned_of(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, warned: bool
    ) -> None:
        ApiKeys(Settings(api_keys_file=listed(tmp_path, KEY, mode)))
        assert bool([each for each in caplog.records if each.levelno == logging.WARNING]) == warned
        assert KEY not in caplog.text

    def test_names_are_those_of_the_file_or_the_digests(self, tmp_path: Path) -> None:
        keys = ApiKeys(Settings(api_keys=KEY, api_keys_file=listed(tmp_path, f"alice {OTHER}\n{WRONG}")))
        assert keys.name_of(OTHER.encode()) == "alice"
        for key in (KEY, WRONG):
            assert len(keys.name_of(key.encode()) or "") == 6
        assert keys.name_of(b"another-key-of-nobody") is None

    def test_no_key_is_kept(self, tmp_path: Path) -> None:
        keys = ApiKeys(Settings(api_keys=KEY, api_keys_file=listed(tmp_path, OTHER)))
        assert KEY not in repr(vars(keys))
        assert OTHER not in repr(vars(keys))


async def ask(path: str, body: AsyncIterator[bytes], **headers: str) -> tuple[list[dict[str, object]], int]:
    """Send a request and return the messages of its answer, and how much was read of the body before the first."""
    sent: list[dict[str, object]] = []
    received = early = 0

    async def receive() -> dict[str, object]:
        nonlocal received
        received += 1
        chunk = await anext(body, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def send(message: dict[str, object]) -> None:
        nonlocal early
        early = early if sent else received
        sent.append(message)

    app = create_app(Settings(api_keys=KEY), loader=halving_loader)
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": encoded, "client": None}
    await app(scope, receive, send)
    return sent, early


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 2**16


@pytest.mark.parametrize("headers", [{"content_length": str(2**20)}, {"transfer_encoding": "chunked"}])
async def test_refusal_is_sent_before_the_body_is_read(headers: dict[str, str]) -> None:
    messages, early = await ask("/denoise", chunks(16), **headers)
    assert early == 0
    assert messages[0]["status"] == 401
    assert (b"connection", b"close") in messages[0]["headers"]
    assert json.loads(messages[1]["body"])["code"] == "unauthorized"


async def test_endless_body_of_a_refused_request_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.lingering.LINGER_BYTES", 2**20)
    body = chunks(10**9)
    messages, _ = await ask("/denoise", body, transfer_encoding="chunked")
    assert messages[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_body_of_a_refused_request_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence() -> AsyncIterator[bytes]:
        await anyio.sleep_forever()
        yield b""

    monkeypatch.setattr("app.lingering.LINGER_S", 0.05)
    messages, _ = await ask("/denoise", silence(), content_length="100")
    assert messages[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_refusals_are_held_up_but_for_those_that_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.access.middleware.PAUSE_S", 3600)
    monkeypatch.setattr("app.access.middleware.MOST_PAUSED", 2)
    _, client = reach(api_keys=KEY)
    async with client:
        held = [asyncio.create_task(client.get(LET_IN)) for _ in range(2)]
        await anyio.wait_all_tasks_blocked()
        assert await statuses(client, WRONG, KEY) == [403, 200]
        assert not any(task.done() for task in held)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[int]:
    """Serve an application on a port of this machine, without another process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(settings, loader=halving_loader)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=5))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await anyio.sleep(0.01)
            yield listener.getsockname()[1]
            server.should_exit = True


async def test_client_that_only_sends_sees_its_refusal_and_not_a_broken_connection() -> None:
    def send(port: int) -> tuple[int, str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/denoise", bytes(8 * 2**20))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers["Connection"]

    async with listening(Settings(api_keys=KEY)) as port:
        assert await anyio.to_thread.run_sync(send, port) == (401, "close")


async def test_connection_of_a_refused_request_without_a_body_is_good_for_more() -> None:
    def send(port: int) -> list[int]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        found = []
        for key in (WRONG, KEY):
            connection.request("GET", "/openapi.json", headers={"X-API-Key": key})
            answer = connection.getresponse()
            answer.read()
            found.append(answer.status)
            assert connection.sock is not None
        connection.close()
        return found

    async with listening(Settings(api_keys=KEY)) as port:
        assert await anyio.to_thread.run_sync(send, port) == [403, 200]
