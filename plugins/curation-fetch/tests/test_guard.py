"""The guard: no spelling, no name, no answer and no redirect leads to an address that is not public."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from curation_fetch import Fetcher, FetchSettings, UrlRefused
from curation_fetch.guard import AddressGuard, BlockedSocket, is_public

PRIVATE_LITERALS = {
    "loopback": "http://127.0.0.1:{port}/",
    "loopback elsewhere in 127/8": "http://127.8.9.1:{port}/",
    "short form": "http://127.1:{port}/",
    "decimal": "http://2130706433:{port}/",
    "hexadecimal": "http://0x7f000001:{port}/",
    "hexadecimal parts": "http://0x7f.0.0x0.1:{port}/",
    "octal": "http://017700000001:{port}/",
    "octal parts": "http://0177.0.0.01:{port}/",
    "trailing dot": "http://127.0.0.1.:{port}/",
    "unspecified": "http://0.0.0.0:{port}/",
    "fullwidth digits": "http://１２７.０.０.１:{port}/",
    "circled digits": "http://①②⑦.⓪.⓪.①:{port}/",
    "ideographic full stops": "http://127。0。0。1:{port}/",
    "percent-encoded digits": "http://%31%32%37.0.0.1:{port}/",
    "a public name as user": "http://example.com@127.0.0.1:{port}/",
    "a public name and port as user and password": "http://example.com:80@127.0.0.1:{port}/",
    "backslash as slash": "http:\\\\127.0.0.1:{port}\\",
    "IPv6 loopback": "http://[::1]:{port}/",
    "IPv6 unspecified": "http://[::]:{port}/",
    "IPv4 mapped": "http://[::ffff:127.0.0.1]:{port}/",
    "IPv4 mapped in hexadecimal": "http://[::ffff:7f00:1]:{port}/",
    "IPv4 compatible": "http://[::7f00:1]:{port}/",
    "NAT64": "http://[64:ff9b::7f00:1]:{port}/",
    "NAT64 for local use": "http://[64:ff9b:1::7f00:1]:{port}/",
    "6to4": "http://[2002:7f00:1::]:{port}/",
    "Teredo": "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
    "private 10/8": "http://10.0.0.1/",
    "private 172.16/12": "http://172.16.0.1/",
    "private 192.168/16": "http://192.168.1.1/",
    "link-local, the cloud's metadata": "http://169.254.169.254/latest/meta-data/",
    "the host of a machine in Azure": "http://168.63.129.16/machine?comp=goalstate",
    "carrier-grade NAT": "http://100.64.0.1/",
    "benchmark": "http://198.18.0.1/",
    "documentation": "http://192.0.2.1/",
    "multicast": "http://224.0.0.1/",
    "reserved": "http://240.0.0.1/",
    "broadcast": "http://255.255.255.255/",
    "IPv6 unique local": "http://[fd00::1]/",
    "IPv6 link-local": "http://[fe80::1]/",
    "IPv6 site-local": "http://[fec0::1]/",
    "IPv6 multicast": "http://[ff02::1]/",
    "IPv6 documentation": "http://[2001:db8::1]/",
}


class Names(AbstractResolver):
    """A resolver with its own names; an answer that is a list of lists is given out one after another."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.names[host]
        ]

    async def close(self) -> None:
        pass


class Door:
    """A web server that counts who came."""

    def __init__(self) -> None:
        self.visits = 0

    async def open(self, _request: web.Request) -> web.Response:
        self.visits += 1
        return web.Response(text="secret")


@pytest.mark.parametrize("form", PRIVATE_LITERALS.values(), ids=PRIVATE_LITERALS.keys())
async def test_a_private_address_is_refused_in_every_spelling_and_nobody_is_called(form, serve):
    door = Door()
    port = (await serve(door.open)).rpartition(":")[2]
    async with Fetcher() as fetcher:
        with pytest.raises(UrlRefused) as refused:
            await fetcher.read(form.format(port=port))
    assert refused.value.code == "blocked_address"
    assert not refused.value.can_retry
    assert door.visits == 0


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST"])
async def test_a_name_the_system_resolves_to_loopback_is_refused(name, serve):
    door = Door()
    port = (await serve(door.open)).rpartition(":")[2]
    async with Fetcher() as fetcher:
        with pytest.raises(UrlRefused) as refused:
            await fetcher.read(f"http://{name}:{port}/")
    assert refused.value.code == "blocked_address"
    assert door.visits == 0


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.7", "192.168.0.1"], ["::1", "127.0.0.1"], ["::ffff:127.0.0.1"], ["fd00::1", "fe80::1"]],
)
async def test_a_name_with_private_addresses_only_is_refused(addresses, serve):
    door = Door()
    port = (await serve(door.open)).rpartition(":")[2]
    async with Fetcher(resolver=Names(inside_test=addresses)) as fetcher:
        with pytest.raises(UrlRefused) as refused:
            await fetcher.read(f"http://inside.test:{port}/")
    assert refused.value.code == "blocked_address"
    assert addresses[0] in str(refused.value)
    assert door.visits == 0


async def test_of_a_names_mixed_addresses_the_public_one_is_used(serve, loopback):
    private, public = Door(), Door()
    port = (await serve(public.open, "127.0.0.2")).rpartition(":")[2]
    names = Names(mixed_test=["127.0.0.1", "10.0.0.1", "127.0.0.2"])
    only = loopback(dangerously_admit_networks=["127.0.0.2/32"])  # stands for the one public address
    async with Fetcher(only, resolver=names) as fetcher:
        page = await fetcher.read(f"http://mixed.test:{port}/")
    assert page.body == b"secret"
    assert (private.visits, public.visits) == (0, 1)


async def test_when_the_public_one_of_mixed_addresses_is_down_that_is_the_error(loopback):
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", 0))
        port = unused.getsockname()[1]
    names = Names(mixed_test=["127.0.0.2", "127.0.0.1"])
    only = loopback(dangerously_admit_networks=["127.0.0.2/32"])
    async with Fetcher(only, resolver=names) as fetcher:
        with pytest.raises(Exception, match="connect_failed") as failed:
            await fetcher.read(f"http://mixed.test:{port}/")
    assert failed.value.can_retry


async def test_a_name_that_is_rebound_between_two_connections_is_refused_at_the_second(serve, loopback):
    inside, outside = Door(), Door()
    first = (await serve(outside.open, "127.0.0.2")).rpartition(":")[2]
    second = (await serve(inside.open, "127.0.0.1")).rpartition(":")[2]
    names = Names(rebound_test=["127.0.0.2"])
    async with Fetcher(loopback(dangerously_admit_networks=["127.0.0.2/32"]), resolver=names) as fetcher:
        await fetcher.read(f"http://rebound.test:{first}/")
        names.names["rebound.test"] = ["127.0.0.1"]
        with pytest.raises(UrlRefused, match="blocked_address"):
            await fetcher.read(f"http://rebound.test:{second}/")
    assert (outside.visits, inside.visits) == (1, 0)


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/", "http://0x7f.1:{port}/", "http://inside.test:{port}/", "//127.0.0.1:{port}/x"],
)
async def test_a_redirect_to_a_private_address_is_refused(target, serve, loopback):
    inside = Door()
    port = (await serve(inside.open, "127.0.0.1")).rpartition(":")[2]

    async def lure(_request: web.Request) -> web.Response:
        raise web.HTTPFound(target.format(port=port))

    outside = await serve(lure, "127.0.0.2")
    only = loopback(dangerously_admit_networks=["127.0.0.2/32"])
    async with Fetcher(only, resolver=Names(inside_test=["127.0.0.1"])) as fetcher:
        with pytest.raises(UrlRefused) as refused:
            await fetcher.read(outside)
    assert refused.value.code == "blocked_address"
    assert inside.visits == 0


async def test_the_last_hop_of_a_chain_is_guarded_like_the_first(serve, loopback):
    inside = Door()
    trap = await serve(inside.open, "127.0.0.1")

    async def chain(request: web.Request) -> web.Response:
        step = int(request.query.get("step", "0"))
        onward = f"/?step={step + 1}" if step < 3 else trap
        raise web.HTTPFound(onward)

    outside = await serve(chain, "127.0.0.2")
    async with Fetcher(loopback(dangerously_admit_networks=["127.0.0.2/32"])) as fetcher:
        with pytest.raises(UrlRefused, match="blocked_address"):
            await fetcher.read(outside)
    assert inside.visits == 0


def test_no_network_is_admitted_unless_it_is_said():
    assert FetchSettings().dangerously_admit_networks == ()


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:808:808", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_addresses_are_public_also_when_wrapped(address):
    assert is_public(ip_address(address))
    AddressGuard().open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80))).close()


def test_the_socket_factory_decides_by_itself_without_the_resolvers_help():
    with pytest.raises(BlockedSocket, match=r"10\.0\.0\.1"):
        AddressGuard().open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 80)))


def test_an_admitted_network_is_admitted_in_its_mapped_form_too(loopback):
    guard = AddressGuard(loopback().dangerously_admit_networks)
    assert guard.admits("::ffff:127.0.0.1")
    assert not guard.admits("::ffff:10.0.0.1")
