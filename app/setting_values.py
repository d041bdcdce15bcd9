"""What the values of settings must look like: each check returns the value, or says what would be taken."""

import ipaddress
import re
from collections.abc import Callable

from limits import parse_many
from pydantic import AnyUrl, SecretStr, ValidationError
from pydantic_core import PydanticCustomError

KEY_CHARACTERS = 16
"""As few as an API key may have."""
_KEY = re.compile(rf"[!-+\--~]{{{KEY_CHARACTERS},}}")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@*\s]+")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*", re.IGNORECASE)


def split(value: object) -> object:
    """Return text such as `a, b` as a tuple, anything else as it is."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def each(check: Callable[[str], str]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Return the check of a tuple whose elements `check` is for."""
    return lambda values: tuple(map(check, values))


def origin(text: str) -> str:
    """Return `*`, or an origin as browsers send it: host in lower case and in punycode, no default port."""
    if text == "*":
        return text
    try:
        normal = str(AnyUrl(text)).removesuffix("/")
    except ValidationError:
        normal = ""
    if not _ORIGIN.fullmatch(normal):
        raise PydanticCustomError(
            "origin", "takes * or origins such as https://example.com; got {text}", {"text": text}
        )
    return normal


def host(text: str) -> str:
    """Return a host name, or `*.` and one for all those below it, in lower case."""
    if not _HOST.fullmatch(text):
        raise PydanticCustomError(
            "host", "takes host names such as example.com or *.example.com, without a port; got {text}", {"text": text}
        )
    return text.lower()


def proxy(text: str) -> str:
    """Return an IP address, a network, or `*` for all."""
    try:
        return text if text == "*" else str(ipaddress.ip_network(text)).removesuffix("/32").removesuffix("/128")
    except ValueError as error:
        raise PydanticCustomError(
            "proxy",
            "takes *, addresses such as 192.0.2.1 and networks such as 10.0.0.0/8; {reason}",
            {"reason": str(error)},
        ) from error


def rate_limit(text: str) -> str:
    """Return one or several rates as the library `limits` reads them, such as `10/second; 1000/hour`."""
    try:
        sound = all(rate.amount for rate in parse_many(text))
    except ValueError:
        sound = False
    if not sound:
        raise PydanticCustomError(
            "rate", "takes rates such as 100/minute, or 10/second;1000/hour; got {text}", {"text": text}
        )
    return text


def split_keys(value: object) -> object:
    """Return text such as `a, b` as a tuple. Text without a key is a mistake: it must not open the service to all."""
    parts = split(value)
    if isinstance(value, str) and not parts:
        raise PydanticCustomError("keys", "holds no key; leave it unset to let everybody in")
    return parts


def api_keys(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """Return the API keys: long enough to be no guess, different, and of what a header can hold."""
    texts = [key.get_secret_value() for key in keys]
    for place, text in enumerate(texts, start=1):
        if not _KEY.fullmatch(text):
            raise PydanticCustomError(
                "key",
                "takes keys of {least} or more visible ASCII characters, no comma; number {place} is no such key",
                {"least": KEY_CHARACTERS, "place": place},
            )
    if len(set(texts)) < len(texts):
        raise PydanticCustomError("key", "has the same key twice")
    return keys


def port(value: object) -> object:
    """Return the port; one that Kubernetes made of the name of a service gets an explanation."""
    if isinstance(value, str) and value.startswith("tcp://"):
        raise PydanticCustomError(
            "port",
            "is what Kubernetes sets where a Service is named limpid; set it in the container, or enableServiceLinks: "
            "false",
        )
    return value
