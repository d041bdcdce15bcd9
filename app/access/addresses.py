"""Whom an address stands for."""

import ipaddress

from starlette.types import Scope

_NETWORK_BITS = 64
"""What a provider gives to one customer at least (RFC 6177): all addresses in there are one client's."""
_MOST_CHARACTERS = 64


def client_of(scope: Scope) -> str:
    """Return the client's address, or its network for IPv6; a text for those without one, such as a socket's."""
    client = scope.get("client")
    text = client[0][:_MOST_CHARACTERS] if client else ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), _NETWORK_BITS), strict=False))
