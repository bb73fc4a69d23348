"""What must come of the town follows from what was made up, and from nothing else."""

from __future__ import annotations

from dataclasses import replace

from curation_deep_scan.stub import place
from lead_pipeline.businesses import Business
from lead_pipeline.fates import Fate
from lead_pipeline.ordinary import bare, named
from lead_pipeline.places import Place, make_places
from lead_pipeline.town import SPECIAL, build_town
from lead_pipeline.truth import foretell


def at(number: int, domain: str = "", fate: Fate | None = None) -> Place:
    website, ending = (f"http://{domain}/", Fate()) if domain else (None, Fate("skipped", "no_website"))
    found = Place(f"p{number}", Business("A business", website, ending, domain), (place(f"p{number}"),))
    return replace(found, fate=fate) if fate else found


def test_the_truth_of_a_tiny_town_is_what_one_counts_by_hand() -> None:
    town = {"a.example.com": named("a.example.com", 0), "b.example.com": bare("b.example.com", 1)}
    gone = Fate("failed", "place_gone")
    truth = foretell(
        [at(1, "a.example.com"), at(2, "a.example.com"), at(3, "b.example.com"), at(4), at(5, fate=gone)], town
    )
    assert truth.places == {"p1": Fate(), "p2": Fate(), "p3": Fate(), "p4": Fate(), "p5": gone}
    assert set(truth.businesses) == {"p1", "p2", "p3", "p4"}
    assert truth.domains == {"a.example.com": Fate(), "b.example.com": Fate("skipped", "no_sitemap")}
    assert truth.sitemaps == {"http://a.example.com/sitemap.xml": Fate()}
    assert len(truth.pages) == 8
    assert set(truth.visits) == {f"http://a.example.com/{path}" for path in ("contact", "legal/privacy", "legal/terms")}
    addresses = ("info@a.example.com", "privacy@a.example.com", "abuse@gmail.com")
    assert truth.contacts == {("a.example.com", email) for email in addresses}
    assert truth.phones == frozenset()


def test_the_whole_town_has_every_kind_of_ending() -> None:
    places = make_places(240, [site.domain for site in SPECIAL])
    truth = foretell(places, build_town([each.business.domain for each in places if each.business.domain]))
    assert len(truth.domains) >= 40
    assert all({fate.ending for fate in fates.values()} >= {"done", "failed"} for fates in truth.fates)
    assert truth.contacts
    assert truth.phones
    assert truth.filtered


def test_every_special_site_is_reached_by_a_business() -> None:
    places = make_places(60, [site.domain for site in SPECIAL])
    truth = foretell(places, build_town([each.business.domain for each in places if each.business.domain]))
    assert {site.domain for site in SPECIAL} <= set(truth.domains)
