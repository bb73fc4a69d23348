"""What an operator may set, under ``[workflows.sitemap-discovery.settings]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from curation_fetch import FetchSettings

COMMON_PATHS = (
    "/sitemap.xml",
    "/sitemap_index.xml",
    "/wp-sitemap.xml",
    "/sitemap-index.xml",
    "/sitemap.xml.gz",
    "/sitemap.txt",
    "/sitemaps.xml",
    "/sitemap1.xml",
)
"""Where sitemaps stand that no robots.txt names, the likeliest first."""


class DiscoveryFetchSettings(FetchSettings):
    """The fetch's settings, with a name of our own."""

    user_agent: str = Field(
        default="curation-sitemap-discovery/0.1 (+https://curation-core.readthedocs.io)",
        min_length=1,
        description="who we say we are; what stands before the slash is the name that robots.txt may address",
    )


class SitemapDiscoverySettings(BaseModel):
    """How a site is asked for its sitemaps.

    Raises:
        pydantic.ValidationError: A key is unknown or a value out of range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    common_paths: tuple[Annotated[str, StringConstraints(pattern="^/")], ...] = Field(
        default=COMMON_PATHS, description="asked one after the other where robots.txt names no sitemap"
    )
    max_sitemaps: int = Field(default=50, gt=0, description="kept of those that one robots.txt names")
    gap_seconds: float = Field(default=1, ge=0, description="between two requests to one site")
    max_crawl_delay_seconds: float = Field(default=30, ge=0, description="a robots.txt's Crawl-delay is cut to this")
    fetch: DiscoveryFetchSettings = Field(
        default_factory=DiscoveryFetchSettings, description="how far one fetch may go; see curation-fetch"
    )

    @property
    def robots_name(self) -> str:
        """The name by which a robots.txt addresses us."""
        return self.fetch.user_agent.partition("/")[0].strip()
