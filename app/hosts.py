"""Host names: requests for another service's are refused."""

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.probes import is_probe
from app.access.refusal import refuse
from app.errors import MalformedRequest


class HostsMiddleware:
    """Starlette's check of the header Host, with a problem for an answer. `hosts` may be such as *.example.com.

    Probes pass: a load balancer asks an address.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._checked = TrustedHostMiddleware(_served, hosts, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_probe(scope) or await self._is_served(scope, receive):
            await self._app(scope, receive, send)
            return
        await refuse(scope, receive, send, MalformedRequest("the host in the request's header Host is not served here"))

    async def _is_served(self, scope: Scope, receive: Receive) -> bool:
        refusals: list[Message] = []

        async def note(message: Message) -> None:
            refusals.append(message)

        await self._checked(scope, receive, note)
        return not refusals


async def _served(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Stand for the application behind Starlette's check: who gets here has passed."""
