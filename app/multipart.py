"""Reading a multipart form piece by piece: each file's bytes go into one buffer, and nowhere else."""

from collections.abc import Collection
from io import BytesIO

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from app.errors import MalformedRequest, NoImage

FIELD = "file"
MASK = "mask"
MAX_FIELDS = 32
MAX_FIELD_BYTES = 1024


class FormReader:
    """A form with one picture in the field `file`, short text fields and up to one file in each of `others` beside it.

    Everything else is an error, a form that is cut off too: python-multipart itself drops the part that is not whole.
    `fields` are the texts by name.
    """

    def __init__(self, content_type: str, others: Collection[str] = ()) -> None:
        _, options = parse_options_header(content_type)
        if b"boundary" not in options:
            raise MalformedRequest("the form can't be read: its Content-Type names no boundary")
        self.fields: dict[str, str] = {}
        self._taken = (FIELD, *others)
        self._files: dict[str, tuple[BytesIO, str]] = {}
        self._file: BytesIO | None = None
        self._name = ""
        self._text: bytearray | None = None
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._disposition = b""
        self._stray: str | None = None
        self._ended = False
        try:
            self._parser = MultipartParser(options[b"boundary"], {
                "on_part_begin": self._begin_part,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_data,
                "on_part_data": self._data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            })  # fmt: skip
        except FormParserError as error:
            raise MalformedRequest(f"the form can't be read: {error}") from error

    @property
    def filename(self) -> str | None:
        """The picture's name as the client has it: trust nothing in it."""
        return self._files[FIELD][1] if FIELD in self._files else None

    def write(self, chunk: bytes) -> None:
        """Take the next piece of the body. Raises MalformedRequest, NoImage."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedRequest("the form can't be read: it is no valid multipart/form-data") from error

    def finish(self) -> dict[str, BytesIO]:
        """Return the files by field, the picture's always, once the body has ended. Raises MalformedRequest, NoImage.

        Where nothing is chosen for a field, browsers send no bytes without a name: that is no file.
        """
        if not self._ended:
            raise MalformedRequest("the form can't be read: it is cut off before its last boundary")
        sent = {field: file for field, (file, name) in self._files.items() if file.tell() or name}
        there = FIELD in sent and sent[FIELD].tell()
        if self._stray and there:
            raise MalformedRequest(f"no file is taken in the field {self._stray!r} beside that in {FIELD!r}")
        if self._stray:
            raise NoImage(f"the picture goes into the field {FIELD!r}, not {self._stray!r}")
        if not there:
            raise NoImage(f"the form has no file, or an empty one, in the field {FIELD!r}")
        for file in sent.values():
            file.seek(0)
        return sent

    def close(self) -> None:
        """Read no more. Parser and reader know each other: unless they part, a garbage collection has to find them."""
        self._parser.callbacks = {}

    def _begin_part(self) -> None:
        self._disposition = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _begin_data(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise MalformedRequest("the form can't be read: a part has no name")
        self._name = options[b"name"].decode("utf-8", "replace")
        if b"filename" in options:
            self._begin_file(options[b"filename"])
        else:
            self._begin_text()

    def _begin_file(self, filename: bytes) -> None:
        if self._name not in self._taken:
            self._file, self._text = None, None
            self._stray = self._stray or self._name
            return
        if self._name in self._files:
            raise MalformedRequest(f"the form has two files in the field {self._name!r}; 1 is taken")
        self._file, self._text = BytesIO(), None
        self._files[self._name] = self._file, filename.decode("utf-8", "replace")

    def _begin_text(self) -> None:
        if self._name in self._taken:
            kind = NoImage if self._name == FIELD else MalformedRequest
            raise kind(f"the field {self._name!r} is text: send it as a file, with a file name")
        if self._name in self.fields:
            raise MalformedRequest(f"the field {self._name!r} is there twice")
        if len(self.fields) == MAX_FIELDS:
            raise MalformedRequest(f"the form has more than {MAX_FIELDS} fields")
        self._text = bytearray()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._text is not None:
            if len(self._text) + end - start > MAX_FIELD_BYTES:
                raise MalformedRequest(f"the field {self._name!r} is longer than {MAX_FIELD_BYTES} bytes")
            self._text.extend(data[start:end])
        elif self._file is not None:
            self._file.write(memoryview(data)[start:end])

    def _end_part(self) -> None:
        if self._text is not None:
            self.fields[self._name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True
