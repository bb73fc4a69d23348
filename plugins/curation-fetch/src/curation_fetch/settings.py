"""How far a fetch may go."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from curation_fetch.detour import address_and_port


def _connectable(text: str) -> str:
    address_and_port(text)
    return text


SocketAddress = Annotated[str, AfterValidator(_connectable)]


class FetchSettings(BaseModel):
    """How far a fetch may go. Every bound is on; each can be moved.

    Raises:
        pydantic.ValidationError: A key is unknown or a value out of range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_agent: str = Field(
        default="curation-fetch/0.1 (+https://curation-core.readthedocs.io)",
        min_length=1,
        description="who we say we are; name a page that tells a site's owner how to reach you",
    )
    total_seconds: float = Field(default=20, gt=0, description="for the whole fetch, redirects included")
    connect_seconds: float = Field(default=5, gt=0, description="for one connection, encryption included")
    read_seconds: float = Field(default=10, gt=0, description="between two pieces of an answer")
    max_body_bytes: int = Field(
        default=2 * 2**20, gt=0, description="of one body, decompressed where that is asked for"
    )
    max_header_bytes: int = Field(default=16 * 2**10, ge=1024, description="of one header; there may be 128 of them")
    max_redirects: int = Field(default=5, ge=0, description="followed; each is guarded like the first address")
    max_retry_after_seconds: float = Field(default=3600, ge=0, description="a server's Retry-After is cut to this")
    dangerously_admit_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="private networks that may be reached after all: for tests and demonstrations only, since "
        "whoever can name an address to fetch can then read these networks",
    )
    dangerously_connect_to: SocketAddress | None = Field(
        default=None,
        description="an address and port such as 127.0.0.1:8080 to which every host name leads: for tests and "
        "demonstrations only, where one server plays many sites; its network must be admitted as well",
    )
