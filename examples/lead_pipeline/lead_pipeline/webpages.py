"""Web pages as small businesses have them, each knowing whom it shows: plain functions from names to HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape

from lead_pipeline.fates import Fate
from lead_pipeline.sites import Reply, Webpage

USUAL = ("/", "/about", "/contact", "/legal/privacy", "/legal/terms")
"""The pages that every site has."""


def html(title: str, body: str) -> bytes:
    """A page with a head, a navigation and a foot."""
    links = "".join(f'<li><a href="{path}">{path.rpartition("/")[2].title() or "Home"}</a>' for path in USUAL)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="description" content="{escape(title)}, since 1987"></head><body><ul>{links}</ul>'
        f"<h1>{escape(title)}</h1>{body}<script>track('nobody@analytics.example.com')</script>"
        '<img src="/logo@2x.png" alt=""><p>Open 9 to 5. Prices from 12.50 to 2026.</p></body></html>'
    ).encode()


def _entities(email: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in email)


def _protected(email: str) -> str:
    code = bytes(letter ^ 0x42 for letter in email.encode()).hex()
    return f'<a href="/cdn-cgi/l/email-protection#42{code}"><span data-cfemail="42{code}">[email protected]</span></a>'


def _marked(email: str) -> str:
    data = {"@context": "https://schema.org", "@type": "LocalBusiness", "email": email}
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


STYLES: tuple[Callable[[str], str], ...] = (
    lambda email: f'<a href="mailto:{email}?subject=Hello">Write to us</a>',
    lambda email: f"<p>Write to {email}, we answer within a day.",
    lambda email: f'<a href="{_entities("mailto:" + email)}">{_entities(email)}</a>',
    lambda email: f"<p>{email.replace('@', ' [at] ').replace('.', ' [dot] ')}</p>",
    _protected,
    _marked,
)
"""The ways in which an address stands on a page."""


def mail_host(domain: str) -> str:
    """The domain as it stands behind the @ of an address, with its own letters."""
    return domain.encode().decode("idna")


def phone_of(number: int) -> tuple[str, str]:
    """A number that exists in films only, as it is written and as E.164."""
    return f"(512) 555-{100 + number % 100:04}", f"+1512555{100 + number % 100:04}"


def contact_page(domain: str, number: int) -> Webpage:
    """A page that tells whom to contact, in one way or another; one in eight has a number only, and one a form only."""
    email, form = (
        f"info@{mail_host(domain)}",
        '<form action="/send" method="post"><textarea name="text"></textarea></form>',
    )
    written, phone = phone_of(number)
    match number % (len(STYLES) + 2):
        case 6:
            return Webpage(Reply(html("Contact", f"<p>Call us: {written}")), phone=phone)
        case 7:
            return Webpage(Reply(html("Contact", form)))
        case style:
            body = STYLES[style](email) + (f"<p>or call {written}" if number % 2 else form)
            return Webpage(Reply(html("Contact", body)), emails=frozenset([email]))


def front(domain: str, number: int, others: Mapping[str, Webpage] | None = None) -> dict[str, Webpage]:
    """The pages that every site has, by path.

    Args:
        domain: The site.
        number: Which of the ways to write an address it uses.
        others: Pages that are otherwise.
    """
    privacy, host = "<p>Questions about your data: privacy@{host}. Our host: abuse@gmail.com.", mail_host(domain)
    known = frozenset([f"privacy@{host}", "abuse@gmail.com"])
    return {
        "/": Webpage(Reply(html(domain, "<p>Welcome!"))),
        "/about": Webpage(Reply(html("About us", "<p>Three generations."))),
        "/contact": contact_page(domain, number),
        "/legal/privacy": Webpage(Reply(html("Privacy", privacy.format(host=host))), emails=known),
        "/legal/terms": Webpage(Reply(html("Terms", "<p>No returns."))),
        **(others or {}),
    }


def odd_pages(domain: str) -> dict[str, Webpage]:
    """Contact pages with troubles of their own, by what is wrong with them."""
    host = mail_host(domain)
    good = html("Contact", f"<p>info@{host}")
    found = frozenset([f"info@{host}"])
    deep = b"<div>" * 5_000 + good
    crowded = f"<p {' '.join(f'a{number}=1' for number in range(3_000))}>".encode() + good
    return {
        "gone": Webpage(Reply(status=410), Fate("failed", "gone")),
        "members only": Webpage(Reply(status=403), Fate("failed", "forbidden")),
        "a document": Webpage(Reply(b"%PDF-1.7", content_type="application/pdf"), Fate("skipped", "not_html")),
        "slow": Webpage(Reply(good, seconds=1.5), emails=found),
        "broken for ever": Webpage(Reply(status=500), Fate("failed", "http_500")),
        "hanging up": Webpage(Reply(breaks=True), Fate("failed", "reset")),
        "busy": Webpage(Reply(good, failures=1), emails=found),
        "too deep": Webpage(Reply(deep), Fate("failed", "too_deep")),
        "too crowded": Webpage(Reply(crowded), Fate("failed", "too_many_attributes")),
        "endless": Webpage(Reply(good, endless=True), Fate("failed", "too_large")),
        "old letters": Webpage(
            Reply(
                good.decode().replace("utf-8", "latin-1").encode("latin-1"), content_type="text/html; charset=latin-1"
            ),
            emails=found,
        ),
        "a way in": Webpage(
            Reply(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
            Fate("failed", "blocked_address"),
        ),
        "a circle": Webpage(Reply(status=302, headers={"Location": "/contact"}), Fate("failed", "redirect_loop")),
        "sold": Webpage(
            Reply(status=301, headers={"Location": "http://new-owner.example.org/"}), Fate("skipped", "moved_off_site")
        ),
        "next door": Webpage(Reply(status=301, headers={"Location": "/contact-us/"}), emails=found),
    }
