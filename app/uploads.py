"""Reading the picture and the form's options out of a request."""

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile

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


async def _read_form(request: Request) -> Upload:
    fields: dict[str, str] = {}
    data: bytes | None = None
    async with request.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
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
