"""Requests that need neither a key nor a host name: a load balancer's or a container's, for the service's health."""

from starlette.types import Scope

_PATHS = frozenset({"/health/live", "/health/ready"})


def is_probe(scope: Scope) -> bool:
    """Return whether a request asks for nothing but the service's health."""
    return scope["type"] == "http" and scope["path"] in _PATHS
