"""HEAD and OPTIONS for every path, which the routes need not know of."""

from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PROBED = ("GET", "POST")


def allowed_methods(scope: Scope) -> list[str]:
    """Return what `Allow` says of the path of `scope`; empty for a path that there is not."""
    routed = [method for method in _PROBED if _is_routed(scope, method)]
    if not routed:
        return []
    return [*routed, *(["HEAD"] if "GET" in routed else []), "OPTIONS"]


def _is_routed(scope: Scope, method: str) -> bool:
    root = scope.get("app_root_path", scope.get("root_path", ""))  # a mounted application's own hides the rest
    asked = {**scope, "method": method, "root_path": root}
    routes = (route for route in scope["app"].routes if method == "GET" or not isinstance(route, Mount))
    return any(route.matches(asked)[0] is Match.FULL for route in routes)


class MethodsMiddleware:
    """Answers OPTIONS with what a path takes, and HEAD like GET without the body (RFC 9110)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "OPTIONS" and (allowed := allowed_methods(scope)):
            await Response(status_code=204, headers={"Allow": ", ".join(allowed)})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        asked = {**scope, "method": "GET"} if "GET" in allowed_methods(scope) else scope
        await self._app(asked, receive, send_without_body)
