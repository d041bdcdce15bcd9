"""How many requests a client may send: rates such as 100/minute, counted by the library `limits`."""

import math
import time
from collections import OrderedDict

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from app.errors import RateLimited

MOST_COUNTERS = 20_000
"""Of one rate; a client has two, and each takes some 400 bytes."""


class Counters(MemoryStorage):
    """The library's own, without its thread that looks through all counters a hundred times a second.

    For one rate, so that the oldest counter is the first to be over; the oldest goes, too, when there are too many:
    strangers with ever new addresses fill no memory. For one thread.
    """

    def __init__(self, most: int = MOST_COUNTERS) -> None:
        super().__init__()
        self.expirations: OrderedDict[str, float] = OrderedDict()
        self._most = most

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add `amount` to a counter, which is new where there is none, and over `expiry` seconds from then."""
        count = self.get(key) + amount
        if key not in self.expirations:
            self._make_room()
            self.expirations[key] = time.time() + expiry
        self.storage[key] = count
        return count

    def _make_room(self) -> None:
        now = time.time()
        while self.expirations:
            oldest = next(iter(self.expirations))
            if self.expirations[oldest] > now and len(self.expirations) < self._most:
                return
            self.clear(oldest)


class RateLimit:
    """One rate or several, such as `10/second;1000/hour`, each client's for itself.

    Counted in sliding windows: the last one counts as much as it still overlaps. What is refused does not count.
    Raises ValueError for a text that is no rate.
    """

    def __init__(self, text: str) -> None:
        self._limiters = [(rate, SlidingWindowCounterRateLimiter(Counters())) for rate in parse_many(text)]

    def count(self, client: str, called: str) -> None:
        """Count one request of `client`, who is `called` so in the error. Raises RateLimited."""
        for rate, limiter in self._limiters:
            if not limiter.test(rate, client):
                raise _refusal(rate, limiter, client, called)
        for rate, limiter in self._limiters:
            limiter.hit(rate, client)


def _refusal(rate: RateLimitItem, limiter: SlidingWindowCounterRateLimiter, client: str, called: str) -> RateLimited:
    seconds = math.ceil(limiter.get_window_stats(rate, client).reset_time - time.time())
    return RateLimited(
        f"{called} may send {_counted(rate.amount, 'request')} per {_period(rate)}: come back later",
        limit=rate.amount,
        headers={"Retry-After": str(max(seconds, 1))},
    )


def _period(rate: RateLimitItem) -> str:
    unit = rate.GRANULARITY.name
    return unit if rate.multiples == 1 else _counted(rate.multiples, unit)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
