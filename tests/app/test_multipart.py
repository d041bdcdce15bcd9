"""Forms in pieces of any size, and forms that are none."""

import numpy as np
import pytest

from app.errors import LimpidError, MalformedRequest, NoImage
from app.multipart import FIELD, MASK, MAX_FIELD_BYTES, MAX_FIELDS, FormReader

TYPE = "multipart/form-data; boundary=x"
PICTURE = bytes(range(256)) * 20 + b"\r\n--y\r\n--x\r\r\n--"


def part(headers: str, body: bytes) -> bytes:
    return f"--x\r\n{headers}\r\n\r\n".encode() + body + b"\r\n"


def field(name: str, value: bytes) -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', value)


def file(body: bytes = PICTURE, name: str = "file", filename: str = "ü.png") -> bytes:
    disposition = f'form-data; name="{name}"; filename="{filename}"'
    return part(f"Content-Disposition: {disposition}\r\nContent-Type: image/png", body)


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--x--\r\n"


def read(body: bytes, size: int, *others: str) -> FormReader:
    reader = FormReader(TYPE, others)
    for start in range(0, len(body), size):
        reader.write(body[start : start + size])
    return reader


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 10**6])
def test_pieces_of_any_size(size: int) -> None:
    reader = read(form(field("sigma", b"25"), file(), field("quality", "9ü".encode())), size)
    assert reader.finish()[FIELD].read() == PICTURE
    assert reader.fields == {"sigma": "25", "quality": "9ü"}
    assert reader.filename == "ü.png"


@pytest.mark.parametrize("size", [1, 7, 10**6])
@pytest.mark.parametrize("first", [FIELD, MASK])
def test_a_mask_beside_the_picture(size: int, first: str) -> None:
    parts = {FIELD: file(), MASK: file(PICTURE[::-1], MASK, "mask.png")}
    body = form(parts.pop(first), field("format", b"png"), *parts.values())
    reader = read(body, size, MASK)
    assert {name: sent.read() for name, sent in reader.finish().items()} == {FIELD: PICTURE, MASK: PICTURE[::-1]}
    assert (reader.filename, reader.fields) == ("ü.png", {"format": "png"})


def test_a_mask_that_was_not_chosen_in_a_form_is_none() -> None:
    assert read(form(file(), file(b"", MASK, "")), 10**6, MASK).finish().keys() == {FIELD}
    assert read(form(file(), file(b"", MASK, "mask.png")), 10**6, MASK).finish().keys() == {FIELD, MASK}


@pytest.mark.parametrize(
    ("body", "error", "named"),
    [
        (form(file(name=MASK)), NoImage, "'file'"),
        (form(file(), file(name=MASK), file(name=MASK)), MalformedRequest, "two files in the field 'mask'"),
        (form(file(), field(MASK, b"text")), MalformedRequest, "'mask' is text"),
        (form(file(), file(name="masks")), MalformedRequest, "'masks'"),
    ],
)
def test_what_is_wrong_with_a_mask_is_named(body: bytes, error: type[LimpidError], named: str) -> None:
    with pytest.raises(error) as refusal:
        read(body, 10**6, MASK).finish()
    assert named in refusal.value.detail


@pytest.mark.parametrize(
    ("sent", "understood"),
    [(b'""', ""), (b"plain.png", "plain.png"), (rb'"a\"b.png"', 'a"b.png'), (b'"\xff.png"', "\ufffd.png")],
)
def test_file_names_as_they_are_sent(sent: bytes, understood: str) -> None:
    named = b'--x\r\nContent-Disposition: form-data; name="file"; filename=' + sent + b"\r\n\r\nbytes\r\n"
    assert read(form(named), 10**6).filename == understood


@pytest.mark.parametrize("size", [1, 10**6])
@pytest.mark.parametrize(
    ("body", "error", "named"),
    [
        (form(), NoImage, "'file'"),
        (form(field("sigma", b"1")), NoImage, "'file'"),
        (form(file(b"")), NoImage, "empty"),
        (form(file(name="picture")), NoImage, "'picture'"),
        (form(file(), file(name="mask")), MalformedRequest, "'mask'"),
        (form(file(name="mask"), file()), MalformedRequest, "'mask'"),
        (form(file(b""), file(name="picture")), NoImage, "'picture'"),
        (form(field("file", b"text")), NoImage, "text"),
        (form(file(), file()), MalformedRequest, "two files"),
        (form(field("sigma", b"1"), field("sigma", b"2"), file()), MalformedRequest, "'sigma'"),
        (form(field("sigma", bytes(MAX_FIELD_BYTES + 1)), file()), MalformedRequest, str(MAX_FIELD_BYTES)),
        (form(*(field(f"f{number}", b"") for number in range(MAX_FIELDS + 1))), MalformedRequest, str(MAX_FIELDS)),
        (form(part("Content-Type: image/png", b"nameless"), file()), MalformedRequest, "no name"),
        (form(part("X: " + "y" * 100_000, b""), file()), MalformedRequest, "valid"),
        (form(part("\r\n".join(f"X{number}: y" for number in range(100)), b""), file()), MalformedRequest, "valid"),
        (form(file())[:-10], MalformedRequest, "cut off"),
        (b"no form", MalformedRequest, "valid"),
        (b"", MalformedRequest, "cut off"),
    ],
)
def test_what_is_wrong_is_named(size: int, body: bytes, error: type[LimpidError], named: str) -> None:
    with pytest.raises(error) as refusal:
        read(body, size).finish()
    assert named in refusal.value.detail


@pytest.mark.parametrize("content_type", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 300}"])
def test_impossible_boundaries(content_type: str) -> None:
    with pytest.raises(MalformedRequest):
        FormReader(content_type)


def test_random_bytes_are_a_form_or_an_error() -> None:
    rng = np.random.default_rng(0)
    whole = form(field("sigma", b"25"), file(), field("quality", b"9"))
    for _ in range(500):
        body = bytearray(whole)
        for _ in range(int(rng.integers(1, 5))):
            body[int(rng.integers(len(body)))] = int(rng.integers(256))
        try:
            read(bytes(body), int(rng.integers(1, 200))).finish()
        except (MalformedRequest, NoImage):
            continue
