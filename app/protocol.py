"""HTTP/1.1 as uvicorn reads it, with a problem as the answer to what is no request."""

import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import MalformedRequest
from app.problems import MEDIA_TYPE, problem_of
from app.request_id import HEADER, request_id
from app.security_headers import OF_ANSWERS

logger = logging.getLogger(__name__)


class Protocol(HttpToolsProtocol):
    """uvicorn's, but for the text that it answers by itself."""

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that can't be parsed, and close the connection. `msg` is uvicorn's."""
        identifier = request_id({"type": "http", "headers": []})
        logger.info("request %s is refused: %s", identifier, msg)
        error = MalformedRequest("the bytes are no HTTP/1.1 request")
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
