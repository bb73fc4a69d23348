"""Leads every host name to one server, for tests and demonstrations in which it plays many sites."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

HIGHEST_PORT = 65_535


class Detour(AbstractResolver):
    """Says of every name that it is at one address and port. The guard judges that address like any other.

    Args:
        address: Such as ``127.0.0.1:8080`` or ``[::1]:8080``.
    """

    def __init__(self, address: str) -> None:
        self._host, self._port = address_and_port(address)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The one address, whatever the name and the port that were asked for."""
        del port  # the detour has one of its own
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [ResolveResult(hostname=host, host=self._host, port=self._port, family=family, proto=0, flags=flags)]

    async def close(self) -> None:
        """There is nothing to close."""


def address_and_port(text: str) -> tuple[str, int]:
    """The two parts of a socket's address.

    Raises:
        ValueError: It is none.

    >>> address_and_port("127.0.0.1:8080"), address_and_port("[::1]:8080")
    (('127.0.0.1', 8080), ('::1', 8080))
    """
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    address = _address(host[1:-1] if bracketed else host)
    number = int(port) if port.isdecimal() and port.isascii() else 0
    if address is None or bracketed != isinstance(address, IPv6Address) or not 0 < number <= HIGHEST_PORT:
        message = f"should be an address and a port, such as 127.0.0.1:8080 or [::1]:8080, not {text!r}"
        raise ValueError(message)
    return str(address), number


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
