"""HTTP/1.1 as uvicorn reads it, with a problem as the answer to what is no request."""

import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import MalformedRequest
from app.problems import MEDIA_TYPE, problem_of
from app.request_id import HEADER, request_id
from app.security_headers import OF_ANSWERS

logger = logging.getLogger(__name__)

HEAD_BYTES = 64 * 1024
"""The longest head: request line and header fields, or the fields that follow a body in chunks. uvicorn takes any."""


class Protocol(HttpToolsProtocol):
    """uvicorn's, but for the text that it answers by itself, and for heads that do not end."""

    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take what has arrived. What comes with the last of a head is not looked at: a read brings 256 KiB at most."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._refuse(f"the request's head is longer than {HEAD_BYTES} bytes")

    def on_headers_complete(self) -> None:
        """Begin the request."""
        self._head_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        self._head_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that can't be parsed. `msg` is uvicorn's."""
        logger.debug("%s", msg)
        self._refuse("the bytes are no HTTP/1.1 request")

    def _refuse(self, detail: str) -> None:
        """Answer that there is no request, and close the connection."""
        identifier = request_id({"type": "http", "headers": []})
        logger.info("request %s is refused: %s", identifier, detail)
        error = MalformedRequest(detail)
        body = problem_of(error, identifier).model_dump_json(exclude_none=True).encode()
        headers = [
            *self.server_state.default_headers,
            *OF_ANSWERS,
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (HEADER.lower().encode(), identifier.encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + lines + b"\r\n" + body)
        self.transport.close()
