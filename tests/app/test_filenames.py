"""File names of answers: recognisable for the harmless, harmless for the others."""

import re
import unicodedata
from email.message import Message
from urllib.parse import unquote

import numpy as np
import pytest
from pathvalidate import is_valid_filename

from app.codecs.formats import EXTENSIONS, FORMATS
from app.filenames import MAX_CHARACTERS, content_disposition

HEADER = re.compile(r"inline; filename=\"([ -~]+)\"; filename\*=UTF-8''([A-Za-z0-9._~%-]+)")


def names(offered: str | None, format_: str = "png") -> tuple[str, str]:
    """Return the name for clients that know ASCII alone, and the one for all others."""
    header = HEADER.fullmatch(content_disposition(offered, format_))
    assert header, content_disposition(offered, format_)
    return header[1], unquote(header[2])


@pytest.mark.parametrize(
    ("offered", "plain", "full"),
    [
        (None, "picture.png", "picture.png"),
        ("", "picture.png", "picture.png"),
        ("noisy.jpg", "noisy.png", "noisy.png"),
        ("noisy", "noisy.png", "noisy.png"),
        ("IMG 2024.05.01.tiff", "IMG 2024.05.01.png", "IMG 2024.05.01.png"),
        ("Übersicht é.jpg", "Ubersicht e.png", "Übersicht é.png"),
        ("e\u0301.jpg", "e.png", "é.png"),
        ("写真.jpg", "picture.png", "写真.png"),
        ("100%41.jpg", "100_41.png", "100%41.png"),
        ("../../etc/passwd", "passwd.png", "passwd.png"),
        ("C:\\Users\\me\\x.bmp", "x.png", "x.png"),
        (".htaccess", "htaccess.png", "htaccess.png"),
        ("...", "picture.png", "picture.png"),
        ("a\r\nSet-Cookie: b.jpg", "aSet-Cookie_ b.png", "aSet-Cookie_ b.png"),
        ('x"; filename="y.exe', "x_; filename=_y.png", "x_; filename=_y.png"),
        ("\u202egnp.exe", "gnp.png", "gnp.png"),
        ("zero\u200bwidth.jpg", "zerowidth.png", "zerowidth.png"),
        ("\ud800.jpg", "picture.png", "picture.png"),
        ("con.jpg", "con_.png", "con_.png"),
        ("NUL", "NUL_.png", "NUL_.png"),
        ("COM¹.jpg", "COM1_.png", "COM¹_.png"),
        ("\uff23\uff2f\uff2e.jpg", "CON_.png", "\uff23\uff2f\uff2e.png"),
        (":.hidden.jpg", "_.hidden.png", "_.hidden.png"),
    ],
)
def test_names(offered: str | None, plain: str, full: str) -> None:
    assert names(offered) == (plain, full)


@pytest.mark.parametrize("format_", FORMATS)
def test_extension_is_the_answers(format_: str) -> None:
    assert names("picture.of.a.cat.bmp", format_) == (f"picture.of.a.cat.{EXTENSIONS[format_]}",) * 2


@pytest.mark.parametrize("letter", ["x", "é", "写", "😀", "㏂", "."])
def test_long_names_are_cut(letter: str) -> None:
    for name in names(letter * 1000 + ".jpg", "avif"):
        assert len(name) <= MAX_CHARACTERS
        assert name.endswith(".avif")


def test_libraries_read_it() -> None:
    message = Message()
    message["Content-Disposition"] = content_disposition("Käse.jpg", "webp")
    assert message.get_content_disposition() == "inline"
    assert message.get_param("filename", header="Content-Disposition") == "Kase.webp"


def test_random_names_are_safe_on_every_platform() -> None:
    rng = np.random.default_rng(0)
    alphabet = "aZ9 ._-/\\:;\"'%<>|?*=\r\n\t\0\u202e\u2066\u200d\ufeff\u2028\x85éߜ写😀" + "CONAUX"
    for _ in range(3000):
        offered = "".join(rng.choice(list(alphabet), int(rng.integers(1, 30))))
        for name in names(offered):
            assert is_valid_filename(name, platform="universal"), (offered, name)
            assert not any(unicodedata.category(each).startswith(("Cc", "Cf", "Z")) for each in name.replace(" ", ""))
            assert not name.startswith(".")
