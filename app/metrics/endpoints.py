"""The labels of requests: a path's template and a method, never what a client made up."""

import re
from collections.abc import Sequence

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import Scope

OTHER_PATH = "other"
OTHER_METHOD = "OTHER"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Endpoints:
    """The paths of `routes`. Those with parameters go by their template, all that are unknown by one label."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        patterns = {context.path: context.path_regex for context in iter_route_contexts(routes) if context.path}
        self._exact = {path: path for path in patterns if "{" not in path}
        self._patterns: dict[str, re.Pattern[str]] = patterns

    def label(self, scope: Scope) -> str:
        """Return the label of a request's path."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        return self._exact.get(path) or self._matching(path)

    def _matching(self, path: str) -> str:
        return next((template for template, regex in self._patterns.items() if regex.match(path)), OTHER_PATH)


def method_label(scope: Scope) -> str:
    """Return the label of a request's method."""
    method: str = scope["method"]
    return method if method in METHODS else OTHER_METHOD
