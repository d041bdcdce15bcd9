"""A client that keeps its connection, and tells a refusal in mid-upload from a connection that is lost."""

import http.client
import time
from contextlib import suppress
from urllib.parse import urlencode

from benchmarks.client import HOST
from tests.fuzz.inputs import Input
from tests.fuzz.limits import TIME_LIMIT_S
from tests.fuzz.verdict import Answer

IDLE_S = 3.0
"""After so long without a request the server may be about to close the connection, which is no fault."""


class Client:
    """One connection to the service, for one thread."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=2 * TIME_LIMIT_S)
        self._used = 0.0

    def ask(self, asked: Input) -> Answer:
        """Send a request and return what came back, whatever that is."""
        started = time.monotonic()
        if started - self._used > IDLE_S:
            self._connection.close()
        try:
            answer = self._exchange(asked, started)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            answer = Answer(0, seconds=time.monotonic() - started, lost=repr(error))
        if answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            self._connection.close()  # as the server does after a bug: the next request is not to suffer from it
        self._used = time.monotonic()
        return answer

    def close(self) -> None:
        self._connection.close()

    def _exchange(self, asked: Input, started: float) -> Answer:
        body, content_type = asked.body()
        target = f"{asked.path}?{urlencode(asked.query)}" if asked.query else asked.path
        # Where the answer came before the whole body went, it is there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._connection.request("POST", target, body, {**asked.headers, "Content-Type": content_type})
        response = self._connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read(), time.monotonic() - started)
