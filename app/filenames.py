"""The name under which a browser saves an answer: the upload's, made safe, with the answer's extension."""

import unicodedata
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import quote

from pathvalidate import sanitize_filename

from app.codecs.formats import EXTENSIONS, Format

NAMELESS = "picture"
MAX_CHARACTERS = 100
"""Of the whole name. Stems are cut by bytes too, as file systems count them."""
_STEM_BYTES = 240
_CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode: control and format (the bidirectional overrides are of these), surrogates, line breaks."""


@lru_cache(maxsize=256)  # one takes longer than decoding a thumbnail
def content_disposition(offered: str | None, format_: Format) -> str:
    """Return the Content-Disposition of an answer of `format_` to an upload named `offered`, which may be hostile.

    `filename` is for clients that know ASCII alone, `filename*` for all others: RFC 6266, RFC 8187.
    """
    extension = EXTENSIONS[format_]
    longest = MAX_CHARACTERS - len(extension) - 1
    stem = _safe(_stem(offered or ""), longest)
    ascii_ = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = _safe(ascii_.replace("%", "_"), longest)  # some browsers decode %41 here
    full = quote(f"{stem or NAMELESS}.{extension}", safe="")
    return f"inline; filename=\"{plain or NAMELESS}.{extension}\"; filename*=UTF-8''{full}"


def _stem(offered: str) -> str:
    """Return a file's name without its folders, on any platform, and without its extension."""
    name = PurePosixPath(offered.replace("\\", "/")).name.lstrip(". ")
    return PurePosixPath(unicodedata.normalize("NFC", name)).stem


def _safe(stem: str, longest: int) -> str:
    """Return what is left of a name without what a header, a file system or a reader may trip over."""
    visible = "".join(character for character in stem if unicodedata.category(character) not in _CONTROLS)
    safe = sanitize_filename(visible.strip(". "), "_", platform="universal", max_len=_STEM_BYTES, fs_encoding="utf-8")
    return safe[:longest].rstrip(". ")
