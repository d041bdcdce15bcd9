"""Reading the picture and the form's options out of a request."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.errors import MalformedRequest, NoImage, UnsupportedImage

FIELD = "file"
MAX_FIELDS = 32
MAX_FIELD_BYTES = 1024


@dataclass(frozen=True)
class Upload:
    """The picture's bytes, and the form fields beside it by name."""

    data: bytes
    form: dict[str, str]


async def read_upload(request: Request) -> Upload:
    """Read a multipart form or a raw body. Raises NoImage, MalformedRequest, or UnsupportedImage for another type."""
    content_type = request.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        return await _read_form(request)
    if not content_type.startswith("image/") and content_type != "application/octet-stream":
        raise UnsupportedImage(
            f"a body of type {content_type} is not read: send multipart/form-data with the field {FIELD!r}, "
            "or the image's bytes as image/* or application/octet-stream"
        )
    data = await request.body()
    if not data:
        raise NoImage("the body is empty: send the image's bytes, or a form with the field 'file'")
    return Upload(data, {})


class _FormParser(MultiPartParser):
    """Starlette's parser, but a form that is cut off is an error: by itself it drops the part that is not whole."""

    def __init__(self, request: Request) -> None:
        stream = self._whole(request.stream())
        super().__init__(request.headers, stream, max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
        self._ended = False

    def on_end(self) -> None:
        self._ended = True

    async def _whole(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async for chunk in stream:
            yield chunk
        if not self._ended:
            raise MultiPartException("it is cut off before its last boundary")


async def _read_form(request: Request) -> Upload:
    try:
        form = await _FormParser(request).parse()
    except MultiPartException as error:
        raise MalformedRequest(f"the form can't be read: {error.message}") from error
    try:
        return await _upload_of(form)
    finally:
        await form.close()


async def _upload_of(form: FormData) -> Upload:
    fields: dict[str, str] = {}
    data: bytes | None = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name != FIELD:
                raise NoImage(f"the picture goes into the field {FIELD!r}, not {name!r}")
            data = await value.read()
        elif name in fields:
            raise MalformedRequest(f"the field {name!r} is there twice")
        else:
            fields[name] = value
    if FIELD in fields:
        raise NoImage(f"the field {FIELD!r} is text: send it as a file, with a file name")
    if not data:
        raise NoImage(f"the form has no file, or an empty one, in the field {FIELD!r}")
    return Upload(data, fields)
