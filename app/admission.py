"""The budget of everything in flight: bytes, pixels and time. What does not fit is refused at once.

A request claims bytes before its body is read, pixels and work once its header is. It gives work back as it is done,
pixels when its answer is made, and all when that is delivered. Only the event loop's thread claims and gives back; the
scheduler takes off the work that is done.
"""

import math

from app.errors import Overloaded
from app.pace import Pace

REQUEST_BYTES = 64 * 1024
"""What a request takes at least, whatever it says: the buffers of its connection, its tasks."""
LONGEST_RETRY_S = 600


class Admission:
    """What may be in flight, and what is.

    `wait_share` is the part of its deadline that a request may have to wait for the others. A request that is alone
    always fits: what is too large for that has limits of its own, and no later time would be better.
    """

    def __init__(self, *, bytes_: int, pixels: int, wait_share: float, pace: Pace) -> None:
        self.limit_bytes, self.limit_pixels = bytes_, pixels
        self._wait_share, self._pace = wait_share, pace
        self._claims: set[Claim] = set()
        self.bytes = 0
        self.pixels = 0
        self.finished = 0

    @property
    def requests(self) -> int:
        """The number of requests in flight."""
        return len(self._claims)

    @property
    def wait_s(self) -> float:
        """The seconds until all that is in flight will be done."""
        return self._pace.seconds(sum(claim.work for claim in self._claims))

    def claim(self, declared: int | None) -> "Claim":
        """Take in a request whose body is `declared` bytes long, None where it does not say. Raises Overloaded."""
        claim = Claim(self)
        claim.grow(max(declared or 0, REQUEST_BYTES))
        self._claims.add(claim)
        return claim

    def check_bytes(self, more: int, own: int) -> None:
        """Raise Overloaded unless `more` bytes fit beside the others'; `own` are the asking request's already."""
        if self.bytes > own and self.bytes + more > self.limit_bytes:
            raise self._overloaded("bytes of requests", self.limit_bytes, self.bytes + more)

    def check_pixels(self, more: int) -> None:
        """Raise Overloaded unless `more` pixels fit beside the others'."""
        if self.pixels and self.pixels + more > self.limit_pixels:
            raise self._overloaded("pixels", self.limit_pixels, self.pixels + more)

    def check_wait(self, work: float, deadline_s: float) -> None:
        """Raise Overloaded if `work` would wait too long for the others.

        Requests are served in turns: until this one is done, each of the others gets as much done, or all it has left.
        """
        ahead = sum(min(claim.work, work) for claim in self._claims)
        wait, longest = self._pace.seconds(ahead), self._wait_share * deadline_s
        if wait > longest:
            raise Overloaded(
                f"the queue is {wait:.1f} s long; a picture like this waits {longest:.1f} s at most: come back later",
                limit=round(longest, 3),
                value=round(wait, 3),
                headers={"Retry-After": _whole_seconds(wait - longest)},
            )

    def forget(self, claim: "Claim") -> None:
        """Give back all that `claim` holds."""
        self.bytes -= claim.bytes
        self.pixels -= claim.pixels
        self._claims.discard(claim)
        self.finished += 1

    def _overloaded(self, what: str, limit: int, value: int) -> Overloaded:
        until_free = self.wait_s * (value - limit) / limit
        return Overloaded(
            f"too many {what} are in flight, {limit} at most: come back later",
            limit=limit,
            value=value,
            headers={"Retry-After": _whole_seconds(until_free)},
        )


class Claim:
    """What one request holds. `work` is what the networks have yet to do for it, in multiply-accumulates."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._users = 1
        self.bytes = 0
        self.pixels = 0
        self.work = 0.0

    def grow(self, bytes_: int) -> None:
        """Claim `bytes_` more of an upload. Raises Overloaded."""
        self._admission.check_bytes(bytes_, self.bytes)
        self.add_bytes(bytes_)

    def add_bytes(self, bytes_: int) -> None:
        """Hold `bytes_` more, or less, whether they fit or not: an answer that is made already is not refused."""
        self.bytes += bytes_
        self._admission.bytes += bytes_

    def add_pixels(self, pixels: int) -> None:
        """Hold `pixels` more, whether they fit or not: what a network makes of a tiny picture may be larger."""
        self.pixels += pixels
        self._admission.pixels += pixels

    def take(self, pixels: int, work: float, deadline_s: float) -> None:
        """Claim `pixels` and the `work` of the network. Raises Overloaded."""
        self._admission.check_pixels(pixels)
        self._admission.check_wait(work, deadline_s)
        self.pixels, self.work = pixels, work
        self._admission.pixels += pixels

    def settle(self) -> None:
        """Say that the network has no more to do: for most pictures, that was less than it might have been."""
        self.work = 0.0

    def share(self) -> None:
        """Count one more user: the claim is held until each has called `release`."""
        self._users += 1

    def release(self) -> None:
        """Give everything back, unless others still use it."""
        self._users -= 1
        if self._users == 0:
            self._admission.forget(self)


def _whole_seconds(seconds: float) -> str:
    return str(min(max(math.ceil(seconds), 1), LONGEST_RETRY_S))
