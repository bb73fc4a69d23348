"""The businesses are the same every time, of every kind, and really end as they foretell."""

from __future__ import annotations

from collections import Counter

import pytest

from curation_core import Fail, Skip
from curation_domain_extraction.settings import DomainExtractionSettings
from curation_domain_extraction.websites import Website, website_of
from lead_pipeline.businesses import BROKEN, ELSEWHERE, Business, make_businesses
from lead_pipeline.town import SPECIAL

LISTED = [site.domain for site in SPECIAL]
BUSINESSES = make_businesses(2000, LISTED)


def read(business: Business) -> tuple[str, str]:
    told = business.website if (business.website or "").lower().startswith("http") else None  # WF2 keeps no other
    match website_of(told, DomainExtractionSettings()):
        case Website(domain=domain):
            return "done", domain
        case Skip(reason=reason):
            return "skipped", reason.partition(":")[0]
        case Fail(reason=reason):
            return "failed", reason.partition(":")[0]


def test_the_same_arguments_make_the_same_businesses() -> None:
    assert make_businesses(2000, LISTED) == BUSINESSES
    assert make_businesses(2000, LISTED, seed=1) != BUSINESSES


def test_every_business_ends_as_it_foretells() -> None:
    wrong = {b.website: read(b) for b in BUSINESSES if read(b) != (b.fate.ending, b.domain or b.fate.code)}
    assert wrong == {}


def test_there_are_enough_of_every_kind() -> None:
    endings = Counter(business.fate.ending for business in BUSINESSES)
    assert len(BUSINESSES) == 2000
    assert min(endings.values()) > 100
    assert {business.fate.code for business in BUSINESSES} == {
        "",
        "no_website",
        *(code for _, code in ELSEWHERE + BROKEN),
    }


def test_every_listed_domain_is_some_business_s() -> None:
    assert set(LISTED) <= {business.domain for business in BUSINESSES}


def test_some_websites_are_shared() -> None:
    shared = Counter(business.domain for business in BUSINESSES if business.domain)
    assert sum(times > 1 for times in shared.values()) > 50


def test_more_listed_domains_than_businesses_are_refused() -> None:
    with pytest.raises(ValueError, match=r"47 domains are listed, and only 10 businesses wanted"):
        make_businesses(10, LISTED)
