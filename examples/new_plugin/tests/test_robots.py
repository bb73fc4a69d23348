"""What a robots.txt says, well and badly written."""

from __future__ import annotations

import pytest

from curation_sitemap_discovery.robots import Robots, matches, read_robots


def test_sitemaps_are_named_wherever_they_stand_and_in_any_case():
    text = "SITEMAP:  https://a.example/1.xml # ours\nUser-agent: x\nsitemap:/2.xml\nSitemap:\nSitemap: /2.xml\n"
    assert read_robots(text, "us").sitemaps == ("https://a.example/1.xml", "/2.xml")


def test_the_rules_for_our_name_count_and_no_others():
    text = "User-agent: *\nDisallow: /\n\nUser-agent: them\nUser-agent: US\nDisallow: /a\nCrawl-delay: 2\n"
    robots = read_robots(text, "us")
    assert (robots.allows("/sitemap.xml"), robots.allows("/a/b"), robots.delay) == (True, False, 2)


def test_without_our_name_the_rules_for_everybody_count():
    robots = read_robots("User-agent: *\nDisallow: /\nAllow: /*.xml$\nUser-agent: them\nDisallow:", "us")
    assert (robots.allows("/sitemap.xml"), robots.allows("/sitemap.xml.gz")) == (True, False)


def test_groups_of_the_same_name_are_one():
    robots = read_robots("User-agent: us\nDisallow: /a\nUser-agent: us\nDisallow: /b", "us")
    assert [robots.allows(path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_the_longest_pattern_decides_and_of_two_the_allowing_one():
    robots = Robots(rules=(("/a", False), ("/a/b", True), ("/a/c", True), ("/a/c", False)))
    assert [robots.allows(path) for path in ("/a", "/a/b", "/a/c")] == [False, True, True]


@pytest.mark.parametrize("delay", ["soon", "-1", "nan", "inf", ""])
def test_a_delay_that_is_none_is_none(delay):
    assert read_robots(f"User-agent: *\nCrawl-delay: {delay}", "us").delay == 0


def test_a_pattern_made_to_take_for_ever_does_not():
    assert not matches("/" + "*a" * 5_000 + "b", "/" + "a" * 2_000)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/*b$", "/ab", True),
        ("/*b$", "/abc", False),
        ("/a*b*c", "/a-b-c-d", True),
        ("/a*bc$", "/abcbc", True),
        ("/ab*b$", "/ab", False),
        ("*", "/anything", True),
        ("", "/anything", True),
        ("/$", "/", True),
        ("/$", "/a", False),
    ],
)
def test_patterns_fit_as_rfc_9309_says(pattern, path, fits):
    assert matches(pattern, path) is fits


def test_what_is_no_robots_txt_says_nothing():
    assert read_robots("<!doctype html>\n<p>Not found: sorry</p>\nDisallow: /", "us") == Robots()
