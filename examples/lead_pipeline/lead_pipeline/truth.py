"""What must come of the whole town: computed from what was made up, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lead_pipeline.fates import Fate
from lead_pipeline.places import Place
from lead_pipeline.sites import Site


@dataclass(frozen=True, slots=True)
class Truth:
    """What must stand in the tables in the end, by names that are known beforehand.

    Args:
        places: How each place's row must end, by place ID.
        businesses: How each business's must, by place ID.
        websites: The domain that a business leads to, by place ID.
        domains: How each domain's row must end, by name.
        sitemaps: How each sitemap's must, by URL.
        visits: How each queued page's must, by URL.
        pages: The URLs of all pages, queued or not.
        filtered: The URLs of those that are put aside.
        contacts: Domain and address of each contact.
        phones: URL and number of each page that shows a number and no address.
        once: The URLs of sound sitemaps.
    """

    places: Mapping[str, Fate]
    businesses: Mapping[str, Fate]
    websites: Mapping[str, str]
    domains: Mapping[str, Fate]
    sitemaps: Mapping[str, Fate]
    visits: Mapping[str, Fate]
    pages: frozenset[str]
    filtered: frozenset[str]
    contacts: frozenset[tuple[str, str]]
    phones: frozenset[tuple[str, str]]
    once: frozenset[str]

    @property
    def fates(self) -> tuple[Mapping[str, Fate], ...]:
        """How the rows of each workflow must end, in the order of the funnel."""
        return self.places, self.businesses, self.domains, self.sitemaps, self.visits


def foretell(places: Sequence[Place], town: Mapping[str, Site]) -> Truth:
    """Compute what must come of places and websites.

    Args:
        places: The places that are queued.
        town: The websites by domain; every domain that a business leads to must be among them.
    """
    scanned = {place.place_id: place.business for place in places if place.fate.ending == "done"}
    websites = {place_id: business.domain for place_id, business in scanned.items() if business.domain}
    sites = [town[domain] for domain in dict.fromkeys(websites.values())]
    listed = {url: listing for site in sites for url, listing in site.listed().items()}
    visited = [(site.domain, url, page) for site in sites for url, page in site.visited().items()]
    return Truth(
        places={place.place_id: place.fate for place in places},
        businesses={place_id: business.fate for place_id, business in scanned.items()},
        websites=websites,
        domains={site.domain: site.fate for site in sites},
        sitemaps={url: listing.fate for url, listing in listed.items()},
        visits={url: page.fate for _, url, page in visited},
        pages=frozenset(url for site in sites for url in site.stored()),
        filtered=frozenset(url for site in sites for url in site.filtered()),
        contacts=frozenset((domain, email) for domain, _, page in visited for email in page.emails),
        phones=frozenset((url, page.phone) for _, url, page in visited if page.phone and not page.emails),
        once=frozenset(url for url, listing in listed.items() if listing.once),
    )
