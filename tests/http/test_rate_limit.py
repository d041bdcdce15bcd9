"""Rates: each key's, or each address's, for itself; what is refused says when to come back."""

import threading
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace

import httpx
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.access.addresses import client_of
from app.access.rate import Counters, RateLimit
from app.errors import RateLimited
from app.main import create_app
from app.settings import Settings
from tests.http.conftest import halving_loader
from tests.http.test_errors import assert_problem

KEY, OTHER = "first-key-of-the-tests", "second-key-of-the-tests"
COUNTED = "/openapi.json"
"""What answers 200, models or not."""
NOON = 1_800_000_000.0
"""Divisible by an hour: where windows begin."""


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have refusals answered at once."""
    monkeypatch.setattr("app.access.middleware.PAUSE_S", 0)


class Clock(SimpleNamespace):
    """Stands for the module `time`."""

    now: float

    def time(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now=NOON)
    for module in ("limits.storage.memory", "limits.strategies", "app.access.rate"):
        monkeypatch.setattr(f"{module}.time", clock)
    return clock


Ask = Callable[..., httpx.AsyncClient]


@pytest.fixture
def clients() -> Ask:
    """Return a maker of clients of one application, each at its address: `clients(rate_limit="1/day")("::1")`."""

    def _of(**settings: object) -> Callable[[str], httpx.AsyncClient]:
        app = create_app(Settings(**settings), loader=halving_loader)

        def _at(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, client=(address, 50_000))
            return httpx.AsyncClient(transport=transport, base_url="http://limpid")

        return _at

    return _of


async def statuses(client: httpx.AsyncClient, count: int, key: str = "") -> list[int]:
    headers = {"x-api-key": key} if key else {}
    return [(await client.get(COUNTED, headers=headers)).status_code for _ in range(count)]


async def test_flood_of_one_key_is_refused_and_another_key_goes_on(clock: Clock, clients: Ask) -> None:
    client = clients(api_keys=f"{KEY},{OTHER}", rate_limit="3/minute")("192.0.2.1")
    assert await statuses(client, 50, KEY) == [200] * 3 + [429] * 47
    assert await statuses(client, 4, OTHER) == [200] * 3 + [429]


async def test_key_is_limited_wherever_it_comes_from(clock: Clock, clients: Ask) -> None:
    at = clients(api_keys=KEY, rate_limit="2/minute")
    found = [await statuses(at(f"192.0.2.{number}"), 1, KEY) for number in range(4)]
    assert found == [[200], [200], [429], [429]]


async def test_without_keys_each_address_has_its_own(clock: Clock, clients: Ask) -> None:
    at = clients(rate_limit="2/minute")
    assert await statuses(at("192.0.2.1"), 3) == [200, 200, 429]
    assert await statuses(at("192.0.2.2"), 3) == [200, 200, 429]


async def test_behind_a_trusted_proxy_the_address_is_the_one_that_it_tells(clock: Clock) -> None:
    app = create_app(Settings(rate_limit="1/minute"), loader=halving_loader)
    proxied = ProxyHeadersMiddleware(app, list(Settings().trusted_proxies))

    async def ask(peer: str, forwarded: str) -> int:
        transport = httpx.ASGITransport(proxied, client=(peer, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://limpid") as client:
            return (await client.get(COUNTED, headers={"x-forwarded-for": forwarded})).status_code

    assert [await ask("127.0.0.1", f"192.0.2.{number % 2}") for number in range(4)] == [200, 200, 429, 429]
    assert [await ask("127.0.0.1", f"192.0.2.{number}, 192.0.2.1") for number in range(2, 4)] == [429, 429]
    assert [await ask("198.51.100.1", f"192.0.2.{number}") for number in range(4, 7)] == [200, 429, 429]


async def test_refusal_says_the_limit_and_when_to_come_back_and_then_takes_the_request(
    clock: Clock, clients: Ask
) -> None:
    client = clients(rate_limit="2/minute")("192.0.2.1")
    await statuses(client, 2)
    clock.pass_(20.5)
    response = await client.get(COUNTED)
    body = assert_problem(response, 429, "rate_limited", "this address", "2 requests per minute")
    assert body["limit"] == 2
    assert response.headers["retry-after"] == "40"
    clock.pass_(40)
    assert await statuses(client, 2) == [200, 429]


async def test_every_rate_counts_and_refused_requests_count_for_none(clock: Clock, clients: Ask) -> None:
    client = clients(rate_limit="2/second; 5/hour")("192.0.2.1")
    found = []
    for _ in range(4):
        found += await statuses(client, 3)
        clock.pass_(2)
    assert found == [200, 200, 429, 200, 200, 429, 200, 429, 429, 429, 429, 429]
    assert int((await client.get(COUNTED)).headers["retry-after"]) > 60


async def test_probes_are_not_counted(clock: Clock, clients: Ask) -> None:
    client = clients(rate_limit="1/hour")("192.0.2.1")
    for _ in range(5):
        assert (await client.get("/health/live")).status_code == 200
    assert await statuses(client, 2) == [200, 429]


async def test_wrong_keys_are_refused_and_not_counted(clock: Clock, clients: Ask) -> None:
    """Else one client could lock out all those behind the same address."""
    client = clients(api_keys=KEY, rate_limit="2/minute")("192.0.2.1")
    assert await statuses(client, 5, OTHER) == [403] * 5
    assert await statuses(client, 3, KEY) == [200, 200, 429]


async def test_no_thread_counts(clients: Ask) -> None:
    client = clients(rate_limit="5/second;100/minute")("192.0.2.1")
    for timer in [each for each in threading.enumerate() if isinstance(each, threading.Timer)]:
        timer.join()
    before = threading.active_count()
    await statuses(client, 5)
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("addresses", "same"),
    [
        (("192.0.2.1", "192.0.2.2"), False),
        (("2001:db8::1", "2001:db8::ffff:1"), True),
        (("2001:db8:0:1::1", "2001:db8:0:2::1"), False),
        (("::ffff:192.0.2.1", "192.0.2.1"), True),
        (("fe80::1%eth0", "fe80::2%eth0"), True),
        (("unknown", "unknown"), True),
        (("x" * 10_000, "x" * 20_000), True),
    ],
)
def test_addresses_of_one_network_are_one_client(addresses: tuple[str, str], same: bool) -> None:
    one, other = (client_of({"type": "http", "client": (address, 1)}) for address in addresses)
    assert (one == other) == same
    assert len(one) < 100


def test_client_without_an_address_is_one_too() -> None:
    assert client_of({"type": "http", "client": None}) == client_of({"type": "http"})


def test_counters_are_forgotten_when_they_are_over(clock: Clock) -> None:
    counters = Counters()
    for number in range(1000):
        counters.incr(f"client {number}", 60)
    clock.pass_(61)
    counters.incr("another", 60)
    assert list(counters.storage) == list(counters.expirations) == ["another"]


def test_ever_new_addresses_fill_no_memory(clock: Clock) -> None:
    counters = Counters(most=100)
    for number in range(1000):
        counters.incr(f"client {number}", 60)
    assert len(counters.storage) == len(counters.expirations) == 100
    assert counters.incr("client 999", 60) == 2
    assert not counters.locks


def test_rate_is_a_limit_over_any_window(clock: Clock) -> None:
    """Not so with fixed windows, which take twice as many around their border."""
    rate, taken = RateLimit("10/minute"), []
    for _ in range(1000):
        with suppress(RateLimited):
            rate.count("client", "it")
            taken.append(clock.now)
        clock.pass_(0.7)
    spans = [later - earlier for earlier, later in zip(taken, taken[12:], strict=False)]
    assert min(spans) > 50
    assert len(taken) >= 100
