"""The table of WF3, row by row."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from curation_core import Fail, Skip
from curation_domain_extraction.platforms import BRANDS, HOSTING, NO_WEBSITE, PLATFORMS
from curation_domain_extraction.settings import DomainExtractionSettings
from curation_domain_extraction.websites import Website, website_of

PLAIN = DomainExtractionSettings()


def code_of(outcome: object) -> str:
    assert isinstance(outcome, (Skip, Fail)), outcome
    return outcome.reason.partition(":")[0]


@pytest.mark.parametrize(
    "value", [None, "", "   ", "N/A", "n/a", "none", "NULL", "-", "no website", "http://", "HTTPS:", "www."]
)
def test_a_business_without_a_website_is_skipped(value: str | None) -> None:
    outcome = website_of(value, PLAIN)
    assert isinstance(outcome, Skip)
    assert code_of(outcome) == "no_website"


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("joes.com", "joes.com"),
        ("http://joes.com", "joes.com"),
        ("https://www.joes.com/menu?a=b#c", "joes.com"),
        ("HTTP://WWW.JOES.COM", "joes.com"),
        ("//joes.com/x", "joes.com"),
        ("\\\\joes.com", "joes.com"),
        ("joes.com:8080", "joes.com"),
        ("https://joe:secret@joes.com:8443/", "joes.com"),
        ("https://joes.com.", "joes.com"),
        ("https://https://joes.com", "joes.com"),
        ("http://http//joes.com", "joes.com"),
        ("https:joes.com", "joes.com"),
        (" https:// joes.com ", "joes.com"),
        ("<https://joes.com>,", "joes.com"),
        ("\ufeffhttps://joes.com\u200b", "joes.com"),
        ("\x19https://joes.com/\x06", "joes.com"),
        ("(www.joes.com)", "joes.com"),
        ("joes。com", "joes.com"),
        ("\uff4a\uff4f\uff45\uff53\uff0ecom", "joes.com"),
        ("https://jo%65s.com", "joes.com"),
        ("https://joes.com\\@evil.com", "joes.com"),
        ("https://evil.com@joes.com", "joes.com"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("XN--MNCHEN-3YA.DE", "xn--mnchen-3ya.de"),
        ("https://faß.de", "xn--fa-hia.de"),
        ("https://кафе.рф", "xn--80akn5b.xn--p1ai"),
        ("https://joes.com/our menu.html", "joes.com"),
        ("shop.joes.co.uk", "shop.joes.co.uk"),
        ("my_shop.joes.com", "my_shop.joes.com"),
    ],
)
def test_an_address_is_normalised_to_its_host(value: str, domain: str) -> None:
    website = website_of(value, PLAIN)
    assert isinstance(website, Website), website
    assert (website.domain, website.kind) == (domain, "own")


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("www.awww.com", "awww.com"),
        ("www.www.com", "www.com"),
        ("www.www.joes.com", "www.joes.com"),
        ("www.com", "www.com"),
        ("mywww.joes.com", "mywww.joes.com"),
        ("www2.joes.com", "www2.joes.com"),
        ("www.gov.uk", "www.gov.uk"),
        ("www.github.io", "www.github.io"),
        ("www.joes.github.io", "joes.github.io"),
    ],
)
def test_one_leading_www_goes_where_a_registrable_domain_is_left(value: str, domain: str) -> None:
    website = website_of(value, PLAIN)
    assert isinstance(website, Website), website
    assert website.domain == domain


@pytest.mark.parametrize(
    ("value", "registrable"),
    [
        ("shop.joes.co.uk", "joes.co.uk"),
        ("a.b.joes.com", "joes.com"),
        ("joes.github.io", "joes.github.io"),
        ("joes.weebly.com", "weebly.com"),
    ],
)
def test_the_registrable_domain_is_told_beside_the_host(value: str, registrable: str) -> None:
    website = website_of(value, PLAIN)
    assert isinstance(website, Website), website
    assert website.registrable == registrable


@pytest.mark.parametrize(
    "value", ["joes.wixsite.com/menu", "foo.github.io", "x.myshopify.com", "joes.weebly.com", "joes.business.site"]
)
def test_a_customers_subdomain_of_a_platform_is_kept_whole_as_hosted(value: str) -> None:
    website = website_of(value, PLAIN)
    assert isinstance(website, Website), website
    assert (website.domain, website.kind) == (value.partition("/")[0], "hosted")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("https://www.facebook.com/joes", "social"),
        ("https://m.facebook.com/joes", "social"),
        ("instagram.com/joes", "social"),
        ("https://uk.linkedin.com/company/joes", "social"),
        ("https://www.pinterest.co.uk/joes", "social"),
        ("https://www.yelp.com/biz/joes", "aggregator"),
        ("https://www.yelp.de/biz/joes", "aggregator"),
        ("linktr.ee/joes", "aggregator"),
        ("https://www.google.com/maps/place/joes", "aggregator"),
        ("https://sites.google.com/view/joes", "aggregator"),
        ("google.co.uk", "aggregator"),
        ("bit.ly/3abc", "aggregator"),
        ("https://medium.com/@joe", "aggregator"),
    ],
)
def test_a_profile_elsewhere_is_skipped_and_named(value: str, kind: str) -> None:
    outcome = website_of(value, PLAIN)
    assert isinstance(outcome, Skip), outcome
    assert code_of(outcome) == kind


@pytest.mark.parametrize(
    "value", ["notfacebook.com", "facebook.com.joes.com", "google.joes.com", "google.github.io", "mybit.ly"]
)
def test_a_host_that_only_resembles_a_platform_is_kept(value: str) -> None:
    assert isinstance(website_of(value, PLAIN), Website)


@pytest.mark.parametrize(
    "value",
    [
        "https://www.google.com/url?q=http%3A%2F%2Fwww.joes.com%2F&sa=D",
        "https://www.google.co.uk/url?sa=t&url=https://joes.com/",
        "https://www.google.com/url?q=&url=https://joes.com/",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fjoes.com%2F%3Ffbclid%3D1&h=AT0",
        "https://lm.facebook.com/l.php?u=https%3A%2F%2Fjoes.com",
        "https://l.instagram.com/?u=https%3A%2F%2Fjoes.com",
        "google.com/url?q=www.joes.com",
    ],
)
def test_a_wrapped_address_is_unwrapped(value: str) -> None:
    website = website_of(value, PLAIN)
    assert isinstance(website, Website), website
    assert website.domain == "joes.com"


def wrapped(times: int) -> str:
    address = "https://joes.com/"
    for _ in range(times):
        address = f"https://www.google.com/url?q={quote(address, safe='')}"
    return address


def test_an_address_is_unwrapped_three_times_and_no_more() -> None:
    assert isinstance(website_of(wrapped(3), PLAIN), Website)
    assert code_of(website_of(wrapped(4), PLAIN)) == "aggregator"


@pytest.mark.parametrize(
    "value",
    ["https://www.google.com/url", "https://www.google.com/url?q=/search", "https://www.google.com/url?q=joes+pizza"],
)
def test_a_wrapper_around_no_address_is_an_aggregator(value: str) -> None:
    assert code_of(website_of(value, PLAIN)) == "aggregator"


def test_a_mistake_inside_a_wrapper_fails_as_it_would_alone() -> None:
    assert code_of(website_of("https://www.google.com/url?q=https://10.0.0.1/", PLAIN)) == "ip_address"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("mailto:joe@joes.com", "not_web"),
        ("tel:+15551234", "not_web"),
        ("javascript:void(0)", "not_web"),
        ("ftp://joes.com/", "not_web"),
        ("data:text/html,x", "not_web"),
        ("joe@joes.com", "email_address"),
        ("127.0.0.1", "ip_address"),
        ("http://0x7f.1/", "ip_address"),
        ("http://\uff11\uff12\uff17.0.0.1/", "ip_address"),
        ("http://2130706433", "ip_address"),
        ("http://[::1]:80/", "ip_address"),
        ("localhost:3000", "localhost"),
        ("http://joes.localhost", "localhost"),
        ("joes", "single_label"),
        ("555-123-4567", "single_label"),
        ("co.uk", "public_suffix"),
        ("http://github.io", "public_suffix"),
        ("joes.invalidtld", "unknown_tld"),
        ("index.html", "unknown_tld"),
        (f"{'a' * 64}.com", "label_too_long"),
        (f"{'a.' * 130}com", "host_too_long"),
        ("joes plumbing.com", "blank_in_host"),
        ("joes\tplumbing.com", "blank_in_host"),
        ("joes.com\nfred.com", "blank_in_host"),
        ("joes\u00a0plumbing.com", "blank_in_host"),
        ("joes.com:70000", "bad_port"),
        ("joes.com:http", "bad_port"),
        ("joes..com", "bad_host"),
        ("joes.com..", "bad_host"),
        ("-joes.com", "bad_host"),
        ("joes!.com", "bad_host"),
        ("joe_s.com", "bad_host"),
        ("https://jo%00es.com", "bad_host"),
        ("\ud800.com", "bad_host"),
        ("?q=joes", "no_host"),
        (f"joes.com/{'x' * 9000}", "too_long"),
    ],
)
def test_what_can_not_be_a_website_fails_for_good_with_a_code(value: str, code: str) -> None:
    outcome = website_of(value, PLAIN)
    assert isinstance(outcome, Fail), outcome
    assert code_of(outcome) == code


def test_a_reason_never_repeats_a_password() -> None:
    for value in ("https://joe:hunter2@joes", "https://joe:hunter2@joes com", "https://joe:hunter2@joes.com:99999"):
        outcome = website_of(value, PLAIN)
        assert isinstance(outcome, Fail)
        assert "hunter2" not in outcome.reason


@pytest.mark.parametrize("allow", ["aggregator", "linktr.ee"])
def test_an_allowed_platform_makes_a_domain(allow: str) -> None:
    website = website_of("https://linktr.ee/joes", DomainExtractionSettings(allow=frozenset({allow})))
    assert website == Website("linktr.ee", "linktr.ee", "aggregator")


def test_allowing_one_platform_allows_no_other() -> None:
    settings = DomainExtractionSettings(allow=frozenset({"linktr.ee", "google"}))
    assert code_of(website_of("facebook.com/joes", settings)) == "social"
    assert isinstance(website_of("https://sites.google.com/view/joes", settings), Website)


def test_an_operator_can_add_aggregators() -> None:
    settings = DomainExtractionSettings(more_aggregators=frozenset({"Our-Directory.com"}))
    assert code_of(website_of("https://joes.our-directory.com/", settings)) == "aggregator"


def test_the_link_table_travels_with_the_result() -> None:
    website = website_of("joes.com", DomainExtractionSettings(link_table="crm.links"))
    assert isinstance(website, Website)
    assert website.link_table == "crm.links"


def test_every_listed_platform_is_recognised_as_what_it_is_listed_for() -> None:
    wrong = {
        name: website_of(name, PLAIN) for name, kind in PLATFORMS.items() if code_of(website_of(name, PLAIN)) != kind
    }
    wrong |= {name: website_of(name, PLAIN) for name in HOSTING if code_of(website_of(name, PLAIN)) != "aggregator"}
    wrong |= {
        f"{b}.fr": website_of(f"{b}.fr", PLAIN) for b in BRANDS if code_of(website_of(f"{b}.fr", PLAIN)) != BRANDS[b]
    }
    assert wrong == {}


def test_every_word_for_no_website_is_written_casefolded_and_tidy() -> None:
    assert {word for word in NO_WEBSITE if website_of(word.upper(), PLAIN) != website_of(None, PLAIN)} == set()
