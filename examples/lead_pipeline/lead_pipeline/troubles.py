"""Websites that are not as they should be, one of each kind, each knowing what must become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from lead_pipeline.fates import DONE, Fate
from lead_pipeline.ordinary import NONE, XML, named, robots, unnamed
from lead_pipeline.sitemaps import (
    atom,
    bomb,
    careless,
    cut_short,
    expanding,
    index,
    packed,
    rss,
    shop_paths,
    text_list,
    urlset,
)
from lead_pipeline.sites import Listing, Replies, Reply, Site, redirect
from lead_pipeline.webpages import front, html, odd_pages

Addresses = Sequence[str]
DISALLOWED = Fate("skipped", "robots_disallowed")


def bookshop(domain: str) -> Site:
    """A large site: an index of gzipped, mislabelled, plain and broken sitemaps."""
    origin = f"http://{domain}"
    shelves = {f"/sitemaps/products-{n}.xml.gz": [f"/products/{n}/book-{i}" for i in range(450)] for n in range(1, 6)}
    pages, authors = shop_paths(60), [f"/authors/{n}" for n in range(180)]
    stores, news = [f"/stores/{n}" for n in range(45)], [f"/news/{n}" for n in range(60)]
    children: dict[str, Reply] = {
        **{
            path: Reply(packed(urlset(origin, books)), content_type="application/gzip")
            for path, books in shelves.items()
        },
        "/sitemaps/pages.xml": Reply(b"\xef\xbb\xbf" + urlset(origin, pages), content_type=XML),
        "/sitemaps/authors.xml": Reply(packed(urlset(origin, authors)), content_type="text/plain"),
        "/sitemaps/stores.txt": Reply(text_list(origin, stores), content_type="text/plain"),
        "/sitemaps/news.xml": Reply(cut_short(urlset(origin, news), 40), content_type=XML),
    }
    listed = (*(book for books in shelves.values() for book in books), *pages, *authors, *stores, *news[:40])
    replies = {
        "/robots.txt": robots(f"Sitemap: {origin}/sitemap_index.xml"),
        "/sitemap_index.xml": Reply(index(origin, list(children)), content_type=XML),
        **children,
    }
    return Site(
        domain, replies, front(domain, 0), (Listing("/sitemap_index.xml", listed, Fate("done", "partial"), once=True),)
    )


def with_sitemap(
    domain: str,
    replies: Replies | Callable[[str, Addresses], bytes],
    paths: Addresses = (),
    fate: Fate = DONE,
) -> Site:
    """A site whose robots.txt names /sitemap.xml, which is out of the usual.

    Args:
        domain: Its name.
        replies: What it answers; or how the sitemap at its place is written.
        paths: The pages that must be stored.
        fate: What must become of the sitemap.
    """
    origin = f"http://{domain}"
    if callable(replies):
        replies = {"/sitemap.xml": Reply(replies(origin, paths), content_type=XML)}
    named_there = {"/robots.txt": robots(f"Sitemap: {origin}/sitemap.xml")}
    return Site(
        domain, {**named_there, **replies}, front(domain, len(domain)), (Listing("/sitemap.xml", tuple(paths), fate),)
    )


def sitemaps_out_of_the_usual() -> Iterator[Site]:
    """Sites that name a sitemap which is written, or answered, in one way or another."""
    name, paths = "{}.example.com".format, shop_paths

    def only(domain: str, reply: Reply, code: str) -> Site:
        return with_sitemap(domain, {"/sitemap.xml": reply}, (), Fate("failed", code))

    half, moved, itself = name("old-mill-bakery"), name("lakeview-dental"), name("bridge-florist")
    busy, strange, torn = name("union-plumbing"), name("lakeview-bakery"), name("sunrise-florist")
    yield with_sitemap(
        half,
        {
            "/sitemap.xml": Reply(index(f"http://{half}", ["/a.xml", "/gone.xml", "/b.xml"]), content_type=XML),
            "/a.xml": Reply(urlset(f"http://{half}", paths(60)[:30]), content_type=XML),
            "/b.xml": Reply(urlset(f"http://{half}", paths(60)[30:]), content_type=XML),
        },
        paths(60),
        Fate("failed", "1 of 3 children failed"),
    )
    yield with_sitemap(name("northside-yoga"), rss, paths(25))
    yield with_sitemap(name("bridge-law"), atom, paths(20))
    yield with_sitemap(name("corner-pizza"), text_list, paths(50))
    yield with_sitemap("café-union.example.com".encode("idna").decode(), urlset, paths(24))
    yield with_sitemap(name("lakeview-motors"), wide, paths(30))
    yield with_sitemap(
        torn, {"/sitemap.xml": Reply(careless(f"http://{torn}", paths(40)))}, [f"{path}?a=1&b=2" for path in paths(40)]
    )
    yield with_sitemap(name("union-tailors"), lambda origin, listed: packed(urlset(origin, listed)), paths(35))
    yield with_sitemap(name("oak-street-dental"), urlset, (), Fate("done", "empty_sitemap"))
    yield only(name("old-mill-books"), Reply(html("Welcome", "<p>We have no sitemap, we have a lovely shop.")), "html")
    yield only(name("bridge-bakery"), Reply(status=404), "http_404")
    yield only(name("harbour-law"), Reply(status=403), "http_403")
    yield only(name("corner-yoga"), Reply(status=410), "http_410")
    yield with_sitemap(
        moved,
        {"/sitemap.xml": redirect("/map.xml"), "/map.xml": Reply(urlset(f"http://{moved}", paths(30)))},
        paths(30),
    )
    yield only(name("sunrise-pizza"), redirect("/sitemap.xml", 302), "redirect_loop")
    yield with_sitemap(busy, {"/sitemap.xml": Reply(urlset(f"http://{busy}", paths(30)), failures=1)}, paths(30))
    yield only(name("northside-motors"), Reply(status=500), "http_500")
    yield with_sitemap(
        itself,
        {
            "/sitemap.xml": Reply(index(f"http://{itself}", ["/sitemap.xml", "/pages.xml"])),
            "/pages.xml": Reply(urlset(f"http://{itself}", paths(20))),
        },
        paths(20),
    )
    yield only(name("harbour-tailors"), Reply(expanding("http://harbour-tailors.example.com")), "entity_declaration")
    yield only(name("corner-books"), Reply(b'{"pages": []}', content_type="application/json"), "not_a_sitemap")
    yield only(name("union-dental"), Reply(bomb(), content_type="application/gzip"), "gzip_bomb")
    wrong = ["javascript:void(0)", "mailto:joe@example.com", "ftp://example.com/x"]
    good = [f"http://{strange}{path}" for path in paths(15)]
    yield with_sitemap(strange, {"/sitemap.xml": Reply(urlset("", [*good, *wrong]))}, good)


def wide(origin: str, paths: Addresses) -> bytes:
    """A sitemap in UTF-16."""
    return urlset(origin, paths).decode().replace("UTF-8", "UTF-16").encode("utf-16")


def reticent_sites() -> Iterator[Site]:
    """Sites whose robots.txt, or whose whole answer, is out of the usual."""
    closed, half, sick, twice, gone, down = (
        f"{name}.example.net"
        for name in ("oak-clinic", "oak-bank", "oak-school", "oak-museum", "oak-cinema", "oak-hotel")
    )
    yield Site(closed, {"/robots.txt": robots("User-agent: *", "Disallow: /")}, front(closed, 0), fate=DISALLOWED)
    usual = named(half, 1)
    refused = {
        path: replace(usual.pages[path], fate=DISALLOWED, emails=frozenset())
        for path in ("/legal/privacy", "/legal/terms")
    }
    rules = robots("User-agent: *", "Disallow: /legal/", f"Sitemap: http://{half}/sitemap.xml")
    yield replace(usual, replies={**usual.replies, "/robots.txt": rules}, pages={**usual.pages, **refused})
    yield Site(sick, {"/robots.txt": Reply(status=500)}, fate=Fate("failed", "http_500"))
    usual = named(twice, 3)
    again = [f"Sitemap: {url}" for url in (f"http://{twice}/sitemap.xml", f"HTTP://{twice.upper()}/sitemap.xml#top")]
    yield replace(usual, replies={**usual.replies, "/robots.txt": robots(*again)})
    yield Site(gone, otherwise=redirect("http://new-owner.example.org/"), fate=NONE)
    yield Site(down, otherwise=Reply(breaks=True), fate=Fate("failed", "reset"))
    yield unnamed("oak-garage.example.net", 4, "/sitemap_index.xml", urlset)
    yield replace(
        unnamed("oak-market.example.net", 5, "/sitemap.txt", text_list), otherwise=Reply(html("Sorry", "<p>?"))
    )
    yield unnamed("oak-farm.example.net", 9, "/sitemap.xml.gz", lambda origin, listed: packed(urlset(origin, listed)))


def sites_with_odd_pages() -> Iterator[Site]:
    """Sites whose sitemap is sound, and whose contact page is not."""
    for number, kind in enumerate(odd_pages("")):
        domain = f"{kind.replace(' ', '-')}.example.com"
        page, usual = odd_pages(domain)[kind], named(domain, number)
        next_door = Reply(html("Contact", f"<p>info@{domain}"))
        yield replace(
            usual, replies={**usual.replies, "/contact-us/": next_door}, pages={**usual.pages, "/contact": page}
        )
