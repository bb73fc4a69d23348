"""The categories, line by line, quirks included."""

from __future__ import annotations

import pytest

from curation_sitemap_import.categories import HONEYBEE, RULE_SETS, WIDER, decide

SITE = "https://example.com"
SKIP = ("unknown", 0.0, None, "New", "Filtered", 3)
UNKNOWN = ("unknown", 0.2, None, "New", "Complete", 3)
CONTACT = ("contact_root", 0.9, "contact_root", "Selected", "Queued", 1)
CAREER = ("career_contact", 0.7, "career_contact", "Selected", "Queued", 1)
LEGAL = ("legal_root", 0.6, "legal_root", "Selected", "Queued", 1)
LEGAL_DEEP = ("legal_root", 0.6, "legal_root", "New", "Complete", 1)
WORDPRESS = ("wp_prospect", 0.9, "wp_signal", "New", "Complete", 1)

EXACT = {
    "/": UNKNOWN,
    "": UNKNOWN,
    "/products/1": UNKNOWN,
    # 1: skipped
    "/blog/post": SKIP,
    "/BLOG/Post": SKIP,
    "/blog/": UNKNOWN,
    "/blog": UNKNOWN,
    "/en/blog/post": UNKNOWN,
    "/about/team": SKIP,
    "/about-us/team": SKIP,
    "/about": UNKNOWN,
    "/contact/berlin": SKIP,
    "/contact-us/berlin": SKIP,
    "/service/a": SKIP,
    "/services/a": SKIP,
    "/services/": UNKNOWN,
    "/a.pdf": SKIP,
    "/a.PDF": SKIP,
    "/a.jpeg": SKIP,
    "/a.mp4": SKIP,
    "/a.pdf?x=1": SKIP,
    "/a?file=b.pdf": UNKNOWN,
    "/a.pdf/": UNKNOWN,
    "/a.webp": UNKNOWN,
    "/contact.pdf": SKIP,
    # 2: the pages that are looked for
    "/contact": CONTACT,
    "/contact/": CONTACT,
    "/Contact-Us": CONTACT,
    "/contact-us/?ref=1": CONTACT,
    "/contactus": UNKNOWN,
    "/contact.php": UNKNOWN,
    "/contact;jsessionid=1": CONTACT,
    "/contact//": SKIP,
    "/en/contact": UNKNOWN,
    "/careers/contact": CAREER,
    "/career/contact-us/": CAREER,
    "/jobs-contact": CAREER,
    "/job/contact": CAREER,
    "/recruiting/contacts": CAREER,
    "/jobs/contact//": CAREER,
    "/jobs/a/contact": UNKNOWN,
    "/careers": UNKNOWN,
    "/legal/privacy": LEGAL,
    "/legal/terms/": LEGAL,
    "/legal/terms/eu": LEGAL_DEEP,
    "/legal/terms-of-use": UNKNOWN,
    "/legal": UNKNOWN,
    "/privacy": UNKNOWN,
    # 3: WordPress
    "/wp-content/uploads/a": WORDPRESS,
    "/a/wp-admin/": WORDPRESS,
    "/wp-includes": WORDPRESS,
    "/wp-json": UNKNOWN,
    "/?p=12": WORDPRESS,
    "/?a=1&p=12": WORDPRESS,
    "/?p=12&a=1": WORDPRESS,
    "/?p=12a": UNKNOWN,
    "/?p=": UNKNOWN,
    "/?shop=12": WORDPRESS,
    "/?step=2": WORDPRESS,
    "/wp-content/a.png": SKIP,
}


def told(url, rules):
    decision, _ = decide(url, rules)
    return (
        decision.category,
        decision.confidence,
        decision.matched,
        decision.curation_status,
        decision.processing_status,
        decision.priority,
    )


@pytest.mark.parametrize(("path", "expected"), EXACT.items())
def test_the_known_rules_decide_as_they_always_did(path, expected):
    assert told(SITE + path, HONEYBEE) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    {
        "/contact": CONTACT,
        "/contact.php": CONTACT,
        "/contact.html": CONTACT,
        "/contactus": CONTACT,
        "/contact-us.aspx": CONTACT,
        "/en/contact": CONTACT,
        "/pt-br/contact/": CONTACT,
        "/kontakt": CONTACT,
        "/de/kontakt.html": CONTACT,
        "/impressum": LEGAL,
        "/de/impressum/": LEGAL,
        "/legal/privacy": LEGAL,
        "/careers/contact": CAREER,
        "/contact/berlin": SKIP,
        "/blog/post": SKIP,
        "/a.webp": SKIP,
        "/a.zip": SKIP,
        "/a.docx": SKIP,
        "/?p=12": WORDPRESS,
        "/?a=1&p=12": WORDPRESS,
        "/?shop=12": UNKNOWN,
        "/?step=2": UNKNOWN,
        "/contacts-list": UNKNOWN,
        "/products/contact": UNKNOWN,
    }.items(),
)
def test_the_wider_rules_know_more_spellings_and_fewer_false_wordpresses(path, expected):
    assert told(SITE + path, WIDER) == expected


@pytest.mark.parametrize(
    ("path", "depth"), [("", 0), ("/", 0), ("/a", 1), ("/a/", 1), ("//a//b", 2), ("/legal/terms/eu", 3), ("/?a/b", 0)]
)
def test_depth_counts_the_segments_of_the_path(path, depth):
    assert decide(SITE + path, HONEYBEE)[1] == depth


def test_the_record_is_the_one_users_query():
    assert decide(f"{SITE}/contact", HONEYBEE)[0].record == {
        "v": 1,
        "decision": {"category": "contact_root", "confidence": 0.9, "matched_regex": "contact_root"},
        "exclusions": [],
    }
    assert decide(f"{SITE}/blog/x", HONEYBEE)[0].record == {
        "v": 1,
        "decision": {"category": "unknown", "confidence": 0.0, "matched_regex": None},
        "exclusions": ["rule_hit"],
    }


@pytest.mark.parametrize("rules", RULE_SETS.values(), ids=RULE_SETS.keys())
def test_there_are_few_decisions_since_each_makes_an_insert_of_its_own(rules):
    decisions = {decide(SITE + path, rules)[0] for path in EXACT}
    assert len(decisions) <= 8
