"""The API keys that are let in: those of the settings, and those of a file that can be read again."""

import hmac
import logging
import re
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from app import setting_values
from app.settings import Settings

logger = logging.getLogger(__name__)

MOST_BYTES = 2**20
"""Of the file: room for ten thousand keys."""
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_NAME_DIGITS = 6


class KeysError(ValueError):
    """The API keys can't be used. The message names the setting and the line, and never holds a key."""


def keys_are_on(settings: Settings) -> bool:
    """Return whether requests need a key."""
    return bool(settings.api_keys or settings.api_keys_file)


class ApiKeys:
    """The keys that are let in, by their SHA-256: no key is kept. Raises KeysError where there is none to be had.

    Several keys may have one name: they are one client's, which changes from one to the other.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = _read(settings)

    def reload(self) -> None:
        """Read the file again. Raises KeysError, and then those of before stay."""
        self._names = _read(self._settings)
        logger.info("%d API keys are let in", len(self._names))

    def name_of(self, key: bytes) -> str | None:
        """Return the name of the client whose `key` this is, None if it is nobody's.

        It takes as long for all keys that are let in, and for all that are not: nothing can be learnt from the time.
        """
        asked, found = _digest(key), None
        for known, name in self._names.items():
            if hmac.compare_digest(known, asked):
                found = name
        return found


def _digest(key: bytes) -> bytes:
    return sha256(key).digest()


def _read(settings: Settings) -> dict[bytes, str]:
    """Return the names of the keys by their digests."""
    names: dict[bytes, str] = {}
    for key in settings.api_keys:
        digest = _digest(key.get_secret_value().encode())
        names[digest] = _name_without_one(digest)
    if settings.api_keys_file:
        listed = _listed(settings.api_keys_file)
        for number, name, digest in listed:
            if digest in names:
                raise _error(settings.api_keys_file, f"the key in line {number} is there twice, or in LIMPID_API_KEYS")
            names[digest] = name
    return names


def _listed(path: Path) -> list[tuple[int, str, bytes]]:
    """Return the line, the name and the digest of each key in a file."""
    keys = list(_parsed(path, _text(path)))
    if not keys:
        raise _error(path, "holds no key; unset it to let everybody in")
    return keys


def _parsed(path: Path, text: str) -> Iterator[tuple[int, str, bytes]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        *name, key = words
        try:
            setting_values.api_keys((SecretStr(key),))
        except PydanticCustomError as error:
            least = setting_values.KEY_CHARACTERS
            raise _error(
                path, f"line {number}: a key has {least} visible ASCII characters or more, and no comma"
            ) from error
        digest = _digest(key.encode())
        if len(name) > 1 or (name and not _NAME.fullmatch(name[0])):
            raise _error(path, f"line {number}: takes KEY or NAME KEY, a name of up to 64 letters, digits, . _ @ -")
        yield number, name[0] if name else _name_without_one(digest), digest


def _name_without_one(digest: bytes) -> str:
    return digest.hex()[:_NAME_DIGITS]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(path.stat().st_mode) & stat.S_IROTH:
                logger.warning("everybody on this machine may read the API keys in %s: chmod o-r", path)
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise _error(path, f"is longer than {MOST_BYTES} bytes")
        return text.decode("utf-8-sig")
    except OSError as error:
        raise _error(path, f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _error(path, "is no text") from error


def _error(path: Path, reason: str) -> KeysError:
    return KeysError(f"LIMPID_API_KEYS_FILE: {path}: {reason}")
