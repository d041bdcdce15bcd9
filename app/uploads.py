"""Reading the files and the form's options out of a request, within the limits, while they arrive."""

import asyncio
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers

from app.admission import REQUEST_BYTES, Claim
from app.errors import BodyTooLarge, MalformedRequest, NoImage, RequestTimeout, UnsupportedImage
from app.multipart import FIELD, MASK, FormReader

NAME_CHARACTERS = 1000
"""As much of a file's name as is looked at, from its end: what is done to names takes the square of their length."""


@dataclass(frozen=True)
class Upload:
    """The picture's file, the form fields beside it by name, the file's own name as the client has it, and a mask."""

    file: BytesIO
    form: dict[str, str]
    name: str | None
    mask: BytesIO | None


class _Reader(Protocol):
    """Where the body's pieces go."""

    fields: dict[str, str]

    @property
    def filename(self) -> str | None: ...

    def write(self, chunk: bytes) -> None: ...

    def finish(self) -> dict[str, BytesIO]: ...

    def close(self) -> None: ...


class _RawReader:
    """A body that is the picture itself; a Content-Disposition may name it."""

    def __init__(self, disposition: str | None) -> None:
        _, options = parse_options_header(disposition)
        named = options.get(b"filename")
        self.fields: dict[str, str] = {}
        self.filename: str | None = None if named is None else named.decode("utf-8", "replace")
        self._file = BytesIO()

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)

    def finish(self) -> dict[str, BytesIO]:
        if not self._file.tell():
            raise NoImage(f"the body is empty: send the image's bytes, or a form with the field {FIELD!r}")
        self._file.seek(0)
        return {FIELD: self._file}

    def close(self) -> None:
        pass


def declared_length(request: Request, limit: int) -> int | None:
    """Return the Content-Length, None where there is none. Raises BodyTooLarge, MalformedRequest."""
    header = request.headers.get("Content-Length")
    if header is None:
        return None
    if not (header.isascii() and header.isdigit()) or len(header) > len(str(2**64)):
        raise MalformedRequest("Content-Length is no number")
    _check_length(int(header), limit)
    return int(header)


async def read_upload(
    request: Request, claim: Claim, *, limit: int, seconds: float, others: Collection[str] = ()
) -> Upload:
    """Read a multipart form or a raw body of up to `limit` bytes within `seconds`.

    A form may have a file in each of the fields `others`, beside the picture's. Every byte is counted as it arrives,
    and claimed where the length was not declared. Raises NoImage, MalformedRequest, UnsupportedImage for another type,
    BodyTooLarge, RequestTimeout, Overloaded.
    """
    with closing(_reader(request.headers, others)) as reader:
        try:
            async with asyncio.timeout(seconds):
                await _receive(request, reader, claim, limit)
        except TimeoutError as error:
            raise RequestTimeout(
                f"the body was not here within {seconds:g} s: send it faster, or a smaller file",
                limit=seconds,
                headers={"Connection": "close"},
            ) from error
        name, files = reader.filename, reader.finish()
        return Upload(files[FIELD], reader.fields, name and name[-NAME_CHARACTERS:], files.get(MASK))


def _reader(headers: Headers, others: Collection[str]) -> _Reader:
    content_type = headers.get("Content-Type", "application/octet-stream")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return FormReader(content_type, others)
    if not kind.startswith("image/") and kind != "application/octet-stream":
        raise UnsupportedImage(
            f"a body of type {kind} is not read: send multipart/form-data with the field {FIELD!r}, "
            "or the image's bytes as image/* or application/octet-stream"
        )
    return _RawReader(headers.get("Content-Disposition"))


async def _receive(request: Request, reader: _Reader, claim: Claim, limit: int) -> None:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        _check_length(received, limit)
        if received > claim.bytes:
            claim.grow(max(received - claim.bytes, REQUEST_BYTES))
        reader.write(chunk)


def _check_length(length: int, limit: int) -> None:
    if length > limit:
        raise BodyTooLarge(f"the request's body is over {limit} bytes: send a smaller file", limit=limit, value=length)
