"""Which URL is kept for a location, and which domain it belongs to."""

from __future__ import annotations

import pytest

from curation_sitemap_import.locations import Dropped, kept_url, registrable_domain

BASE = "https://www.example.com/maps/sitemap.xml"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://www.example.com/a", "https://www.example.com/a"),
        ("HTTP://WWW.Example.COM:80/A/../b", "http://www.example.com/b"),
        ("https://www.example.com", "https://www.example.com/"),
        ("https://www.example.com/a#top", "https://www.example.com/a"),
        ("https://www.example.com/a#", "https://www.example.com/a"),
        ("https://www.example.com/a?b#c?d", "https://www.example.com/a?b"),
        ("https://www.example.com/a%23b", "https://www.example.com/a%23b"),
        ("/a", "https://www.example.com/a"),
        ("a", "https://www.example.com/maps/a"),
        ("../a?b=1", "https://www.example.com/a?b=1"),
        ("?page=2", "https://www.example.com/maps/sitemap.xml?page=2"),
        ("//other.example/a", "https://other.example/a"),
        ("https://www.example.com/café d", "https://www.example.com/caf%C3%A9%20d"),
        ("https://www.example.com/a\n  b", "https://www.example.com/a%20%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https:\\\\www.example.com\\a", "https://www.example.com/a"),
        ("https://www.example.com/" + "x" * 2024, "https://www.example.com/" + "x" * 2024),
    ],
)
def test_a_location_is_kept_in_its_one_canonical_form_without_fragment(location, url):
    assert kept_url(location, BASE) == url


@pytest.mark.parametrize(
    "location",
    [
        "",
        "javascript:alert(1)",
        "ftp://example.com/a",
        "mailto:a@example.com",
        "tel:+15550100",
        "data:text/html,x",
        "http://",
        "https://a b/",
        "http://example.com:99999/",
        "https://www.example.com/<a",
        "bar>https://www.example.com/",
    ],
)
def test_what_is_no_page_is_dropped(location):
    assert kept_url(location, BASE) is Dropped.BAD


def test_a_url_that_no_index_can_hold_is_dropped():
    assert kept_url("https://www.example.com/" + "x" * 2025, BASE) is Dropped.LONG
    assert kept_url("https://www.example.com/" + "é" * 400, BASE) is Dropped.LONG
    assert kept_url("https://www.example.com/a#" + "x" * 3000, BASE) == "https://www.example.com/a"


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.example.com/", "example.com"),
        ("https://example.com/", "example.com"),
        ("https://a.b.example.co.uk/", "example.co.uk"),
        ("https://www.example.com./", "example.com"),
        ("https://joe.github.io/", "joe.github.io"),
        ("https://www.xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("http://[::1]/", "[::1]"),
        ("http://localhost/", "localhost"),
        ("http://co.uk/", "co.uk"),
    ],
)
def test_a_url_belongs_to_the_domain_somebody_registered(url, domain):
    assert registrable_domain(url) == domain
