"""The API key that a request comes with."""

from starlette.datastructures import Headers

from app.errors import MalformedRequest, Unauthorized

HEADER = "X-API-Key"
SCHEME = "Bearer"
_CHALLENGE = {"WWW-Authenticate": f'{SCHEME} realm="limpid"'}


def offered_key(headers: Headers) -> bytes:
    """Return the key, as `X-API-Key` or as `Authorization: Bearer` has it.

    Raises Unauthorized where there is none, MalformedRequest where there are two: which one counts is nothing to guess.
    """
    offered = {key for key in (*headers.getlist(HEADER), *_bearers(headers)) if key}
    if not offered:
        raise Unauthorized(
            f"an API key is needed: send it as {HEADER}, or as Authorization: {SCHEME}", headers=_CHALLENGE
        )
    if len(offered) > 1:
        raise MalformedRequest(f"the request has two API keys: send one, as {HEADER} or as Authorization: {SCHEME}")
    return offered.pop().encode("latin-1")


def _bearers(headers: Headers) -> list[str]:
    credentials = [value.partition(" ") for value in headers.getlist("Authorization")]
    return [key.strip() for scheme, _, key in credentials if scheme.lower() == SCHEME.lower()]
