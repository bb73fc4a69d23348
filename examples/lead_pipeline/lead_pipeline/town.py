"""The town: which websites there are."""

from __future__ import annotations

from collections.abc import Sequence

from lead_pipeline.ordinary import bare, named, parked, unnamed, wordpress
from lead_pipeline.sites import Site
from lead_pipeline.troubles import bookshop, reticent_sites, sitemaps_out_of_the_usual, sites_with_odd_pages

SPECIAL = (
    bookshop("harbour-books.example.com"),
    *sitemaps_out_of_the_usual(),
    *reticent_sites(),
    *sites_with_odd_pages(),
)
"""One of each kind that is out of the usual."""

NEW_OWNER = parked("new-owner.example.org", 0)
"""Whom some sites lead to, and no business has."""

ORDINARY = (named, unnamed, named, wordpress, named, bare, named, unnamed, named, parked)
"""How all others are, in their turn."""


def build_town(domains: Sequence[str]) -> dict[str, Site]:
    """Build the websites of some domains, the same ones for the same domains.

    Args:
        domains: Those that businesses have; the special ones need not be among them.

    Returns:
        All websites, by domain.
    """
    town = {site.domain: site for site in (*SPECIAL, NEW_OWNER)}
    for number, domain in enumerate(domain for domain in domains if domain not in town):
        town[domain] = ORDINARY[number % len(ORDINARY)](domain, number)
    return town
