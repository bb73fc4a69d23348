"""Websites as they should be, or nearly: how they name their sitemaps, or don't."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lead_pipeline.fates import Fate
from lead_pipeline.sitemaps import index, shop_paths, urlset
from lead_pipeline.sites import Listing, Reply, Site, redirect
from lead_pipeline.webpages import front, html

Writer = Callable[[str, Sequence[str]], bytes]
XML = "application/xml"
NONE = Fate("skipped", "no_sitemap")


def robots(*lines: str) -> Reply:
    """A robots.txt."""
    return Reply("\n".join(lines).encode(), content_type="text/plain")


def named(domain: str, number: int, sitemap: str = "/sitemap.xml", write: Writer = urlset) -> Site:
    """A site as it should be: its robots.txt names a sitemap, and that names the pages.

    Args:
        domain: Its name.
        number: Which of the town's sites it is: the size and the way to write an address differ.
        sitemap: Where the sitemap is.
        write: How it is written.
    """
    origin, paths = f"http://{domain}", _paths(number)
    replies = {
        "/robots.txt": robots("User-agent: *", "Disallow: /cart", f"Sitemap: {origin}{sitemap}"),
        sitemap: Reply(write(origin, paths), content_type=XML),
    }
    return Site(domain, replies, front(domain, number), (Listing(sitemap, paths, once=True),))


def unnamed(domain: str, number: int, sitemap: str = "/sitemap.xml", write: Writer = urlset) -> Site:
    """A site without robots.txt, whose sitemap stands where many do. Parameters are those of `named`."""
    origin, paths = f"http://{domain}", _paths(number)
    replies = {sitemap: Reply(write(origin, paths), content_type=XML)}
    return Site(domain, replies, front(domain, number), (Listing(sitemap, paths),))


def wordpress(domain: str, number: int) -> Site:
    """A site by WordPress: /sitemap.xml leads to an index of two."""
    origin, paths = f"http://{domain}", _paths(number)
    replies = {
        "/robots.txt": robots("User-agent: *", "Disallow: /wp-admin/", "Allow: /wp-admin/admin-ajax.php"),
        "/sitemap.xml": redirect("/wp-sitemap.xml", 302),
        "/wp-sitemap.xml": Reply(index(origin, ["/wp-pages-1.xml", "/wp-posts-1.xml"]), content_type=XML),
        "/wp-pages-1.xml": Reply(urlset(origin, paths[:6]), content_type=XML),
        "/wp-posts-1.xml": Reply(urlset(origin, paths[6:]), content_type=XML),
    }
    return Site(domain, replies, front(domain, number), (Listing("/wp-sitemap.xml", paths),))


def bare(domain: str, number: int) -> Site:
    """A site without a sitemap."""
    return Site(domain, {}, front(domain, number), fate=NONE)


def parked(domain: str, number: int) -> Site:
    """A domain that a dealer has: whatever is asked for, there is the same page, with status 200."""
    offer = Reply(html(f"{domain} may be yours", f"<p>Offer {number}"))
    return Site(domain, otherwise=offer, fate=NONE)


def _paths(number: int) -> tuple[str, ...]:
    return tuple(shop_paths(8 + number % 25))
