"""Which addresses may be connected to: public ones.

The decision falls on the address of the socket that is about to be connected, so it holds whatever the URL looked
like, whatever the name resolved to and however often that changed, and for every hop of a redirect.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is reached
GLOBAL_UNICAST = ip_network("2000::/3")  # the only IPv6 space the IANA has given out for public addresses


AZURE = ip_address("168.63.129.16")  # a public address that inside Azure is the machine's own host, and its keys


class BlockedSocket(OSError):
    """An address the guard refuses. An ``OSError``, so that aiohttp goes on to the name's next address."""


def embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address only wraps: mapped, 6to4 or NAT64.

    Teredo needs no unwrapping: its whole space is not public.
    """
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public Internet, and to one host.

    ``is_global`` alone says yes to multicast, and to IPv6 space that nobody has.
    """
    if isinstance(address, IPv6Address):
        inner = embedded_ipv4(address)
        if inner is not None:
            return is_public(inner)
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and address != AZURE


class AddressGuard:
    """Refuses every address that is not public.

    Args:
        dangerously_admit: Networks that are admitted all the same.
    """

    def __init__(self, dangerously_admit: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self._admitted = tuple(dangerously_admit)

    def admits(self, host: str) -> bool:
        """Whether an address, as text, may be connected to."""
        address = ip_address(host)
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        return is_public(address) or any(address in network for network in self._admitted)

    def open_socket(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for one connection: aiohttp's ``socket_factory``.

        Args:
            addr_info: Family, type, protocol, canonical name and address, as ``getaddrinfo`` has them.

        Raises:
            BlockedSocket: The address is not public. No packet was sent.
        """
        family, kind, protocol, _, sockaddr = addr_info
        if not self.admits(sockaddr[0]):
            message = f"{sockaddr[0]} is not a public address"
            raise BlockedSocket(message)
        return socket.socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """Leaves out the answers that the guard would refuse.

    The sockets are guarded without it. It keeps the errors true: when a name has a public address that is down and a
    private one, the failure is that of the public one.

    Args:
        inner: Who really resolves; it is closed with this one.
        guard: Who decides.
    """

    def __init__(self, inner: AbstractResolver, guard: AddressGuard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve a name to the addresses that may be connected to.

        Raises:
            BlockedSocket: It has addresses, and none is public.
            socket.gaierror: It has none.
        """
        answers = await self._inner.resolve(host, port, family)
        public = [answer for answer in answers if self._guard.admits(answer["host"])]
        if answers and not public:
            message = f"{host} is {answers[0]['host']}, which is not a public address"
            raise BlockedSocket(message)
        if not public:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        return public

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()
