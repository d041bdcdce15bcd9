"""Keys and rates, checked for every request but the probes of its health."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.addresses import client_of
from app.access.credentials import offered_key
from app.access.keys import ApiKeys, keys_are_on
from app.access.probes import is_probe
from app.access.rate import RateLimit
from app.access.refusal import refuse
from app.errors import Forbidden, LimpidError
from app.service import Service

PAUSE_S = 0.5
MOST_PAUSED = 256
"""Who is refused gets to know half a second later, up to so many at a time: a client that heeds no refusal would keep
a core busy with them, and one that guesses keys gets to know little."""


class AccessMiddleware:
    """Lets in who has a key and is within the rate; None stands for no such check.

    The rate is a key's, where there are keys, else an address's. What is let in knows its key's name: `key_name` in the
    state of its scope.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys | None, rate: RateLimit | None) -> None:
        self._app, self._keys, self._rate = app, keys, rate
        self._paused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_probe(scope):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except LimpidError as error:
            await self._pause()
            await refuse(scope, receive, send, error)
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        name = _name(self._keys, scope) if self._keys else None
        if self._rate:
            self._rate.count(name or client_of(scope), "this key" if name else "this address")

    async def _pause(self) -> None:
        if self._paused >= MOST_PAUSED:
            return
        self._paused += 1
        try:
            await asyncio.sleep(PAUSE_S)
        finally:
            self._paused -= 1


def _name(keys: ApiKeys, scope: Scope) -> str:
    """Return the name of the request's key, which the scope gets to know. Raises Unauthorized, Forbidden."""
    name = keys.name_of(offered_key(Headers(scope=scope)))
    if name is None:
        raise Forbidden("the API key is not one of this service's")
    scope.setdefault("state", {})["key_name"] = name
    return name


def guarded(app: ASGIApp, service: Service) -> ASGIApp:
    """Return `app` behind the checks that the settings ask for; a reload reads the keys again. Raises KeysError."""
    settings = service.settings
    keys = ApiKeys(settings) if keys_are_on(settings) else None
    rate = RateLimit(settings.rate_limit) if settings.rate_limit else None
    if keys:
        service.on_reload.append(keys.reload)
    return AccessMiddleware(app, keys, rate) if keys or rate else app
