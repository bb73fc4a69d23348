"""Every odd sitemap that was seen in the wild is read; everything that is none is named."""

from __future__ import annotations

import gzip
import zlib

import pytest

from curation_sitemap_import.errors import SitemapError

XML = b'<?xml version="1.0" encoding="UTF-8"?>'
HEAD = XML + b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
CHUNKS = [65_536, 1, 2, 3, 7, 64]


def one(location: str | bytes) -> bytes:
    raw = location if isinstance(location, bytes) else location.encode()
    return HEAD + b"<url><loc>" + raw + b"</loc></url></urlset>"


def many(count: int) -> bytes:
    """Locations that no packer makes much of."""
    lines = b"".join(b"<url><loc>http://a/%d</loc></url>" % (number * 7919 % 100_003) for number in range(count))
    return HEAD + lines + b"</urlset>"


RSS = b"""<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<link>http://a/</link><atom:link href="http://a/rss" rel="self"/>
<item><link>http://a/1</link><pubDate>Thu, 05 Jan 2017 13:34:51 +0100</pubDate></item>
<item><link/><guid>http://a/2</guid><dc:date>2017-01-05</dc:date></item>
<item><title>no address</title><guid>7bd204c6</guid></item></channel></rss>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><link>http://a/</link></channel><item rdf:about="http://a/1"><link>http://a/1</link></item></rdf:RDF>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="http://a/" /><entry><link rel="edit" href="http://a/edit"/>
<link rel="alternate" href="http://a/1"/><updated>2003-12-13T18:30:02Z</updated></entry><entry><link href="http://a/2"/>
</entry></feed>"""

ODD_BUT_READ = {
    "bare ampersand": (one("http://a/?a=1&b=2"), ["http://a/?a=1&b=2"]),
    "ampersand as it should be": (one("http://a/?a=1&amp;b=2"), ["http://a/?a=1&b=2"]),
    "ampersand before a word that is no entity": (
        one("http://a/?a=1&copy=2&nosuch;"),
        ["http://a/?a=1&copy=2&nosuch;"],
    ),
    "HTML entity": (one("http://a/caf&eacute;"), ["http://a/café"]),
    "HTML entity for markup": (one("http://a/?a&AMP;b&LT;"), ["http://a/?a&b<"]),
    "numeric references, one of them forbidden": (one("http://a/&#x41;&#66;&#0;&#xFFFFFF;"), ["http://a/AB"]),
    "undeclared prefix": (
        HEAD + b"<url><loc>http://a/1</loc><image:image><image:loc>http://i/</image:loc></image:image></url></urlset>",
        ["http://a/1"],
    ),
    "declared extensions": (
        HEAD.replace(b"xmlns", b'xmlns:i="http://www.google.com/schemas/sitemap-image/1.1" xmlns')
        + b"<url><i:loc>http://i/</i:loc><loc>http://a/1</loc></url></urlset>",
        ["http://a/1"],
    ),
    "everything under an undeclared prefix": (
        b"<s:urlset><s:url><s:loc>http://a/1</s:loc></s:url></s:urlset>",
        ["http://a/1"],
    ),
    "wrong namespace": (b'<urlset xmlns="http://wrong/"><url><loc>http://a/1</loc></url></urlset>', ["http://a/1"]),
    "no namespace": (b"<urlset><url><loc>http://a/1</loc></url></urlset>", ["http://a/1"]),
    "upper case": (b"<URLSET><URL><LOC>http://a/1</LOC></URL></URLSET>", ["http://a/1"]),
    "UTF-8 byte order mark": (b"\xef\xbb\xbf" + one("http://a/1"), ["http://a/1"]),
    "UTF-16 with byte order mark": (
        one("http://a/é").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        ["http://a/é"],
    ),
    "UTF-16 without byte order mark": (one("http://a/é").decode().encode("utf-16-be"), ["http://a/é"]),
    "UTF-32 without byte order mark": (one("http://a/é").decode().encode("utf-32-be"), ["http://a/é"]),
    "UTF-32 in the other order, without byte order mark": (
        b"<urlset><url><loc>http://a/1</loc></url></urlset>".decode().encode("utf-32-le"),
        ["http://a/1"],
    ),
    "UTF-32": (one("http://a/é").decode().encode("utf-32"), ["http://a/é"]),
    "Latin-1 declared": (one(b"http://a/caf\xe9").replace(b"UTF-8", b"ISO-8859-1"), ["http://a/café"]),
    "Windows-1251 declared": (one("http://a/д".encode("cp1251")).replace(b"UTF-8", b"windows-1251"), ["http://a/д"]),
    "Shift-JIS declared": (one("http://a/日".encode("shift-jis")).replace(b"UTF-8", b"Shift_JIS"), ["http://a/日"]),
    "UTF-16 declared and not used": (one("http://a/1").replace(b"UTF-8", b"UTF-16"), ["http://a/1"]),
    "unknown encoding declared": (one("http://a/1").replace(b"UTF-8", b"klingon"), ["http://a/1"]),
    "codec that is no encoding declared": (one("http://a/1").replace(b"UTF-8", b"punycode"), ["http://a/1"]),
    "gzip": (gzip.compress(one("http://a/1"), mtime=0), ["http://a/1"]),
    "gzip twice": (gzip.compress(gzip.compress(one("http://a/1")), mtime=0), ["http://a/1"]),
    "gzip in members": (
        gzip.compress(HEAD + b"<url><loc>http:", mtime=0) + gzip.compress(b"//a/1</loc></url></urlset>", mtime=0),
        ["http://a/1"],
    ),
    "gzip with padding": (gzip.compress(one("http://a/1"), mtime=0) + bytes(512), ["http://a/1"]),
    "blanks before the declaration": (b"\r\n\n \t" + one("http://a/1"), ["http://a/1"]),
    "many blanks before the declaration": (b"\n" * 5000 + one("http://a/1"), ["http://a/1"]),
    "byte order mark after blanks": (b"\n\xef\xbb\xbf" + one("http://a/1"), ["http://a/1"]),
    "CDATA": (one("<![CDATA[http://a/?a=1&b=2&eacute;]]>"), ["http://a/?a=1&b=2&eacute;"]),
    "blanks and lines around the location": (one("\n   http://a/1\n\t"), ["http://a/1"]),
    "mismatched tag": (
        HEAD + b"<url><loc>http://a/1</lo></url><url><loc>http://a/2</loc></url></urlset>",
        ["http://a/1", "http://a/2"],
    ),
    "url that is not closed": (
        HEAD + b"<url><loc>http://a/1</loc><url><loc>http://a/2</loc></url></urlset>",
        ["http://a/1", "http://a/2"],
    ),
    "stray bracket": (
        HEAD + b"<url><loc>http://a/1</loc><x>1 < 2</x></url><url><loc>http://a/2</loc></url></urlset>",
        ["http://a/1", "http://a/2"],
    ),
    "control characters": (one(b"http://a/\x01a\x0bb\x00"), ["http://a/ab"]),
    "bad UTF-8 byte": (one(b"http://a/caf\xe9"), ["http://a/café"]),
    "comments": (
        HEAD + b"<!-- <url><loc>http://a/0</loc></url> & --><url><loc>http://a/1</loc></url></urlset>",
        ["http://a/1"],
    ),
    "stylesheet and doctype": (
        XML
        + b'<?xml-stylesheet href="x.xsl"?><!DOCTYPE urlset SYSTEM "http://a/x.dtd"><urlset><url><loc>http://a/1</loc></url></urlset>',
        ["http://a/1"],
    ),
    "RSS": (RSS, ["http://a/1", "http://a/2"]),
    "RSS 1.0": (RDF, ["http://a/1"]),
    "Atom": (ATOM, ["http://a/1", "http://a/2"]),
    "plain text": (b"http://a/1\r\nhttps://a/2\n\n  http://a/3", ["http://a/1", "https://a/2", "http://a/3"]),
    "plain text with a heading and a remark": (
        b"All our pages\n\nhttp://a/1\nand one more:\nhttp://a/2\n",
        ["", "http://a/1", "", "http://a/2"],
    ),
    "plain text with byte order mark": (b"\xef\xbb\xbfhttp://a/1\nhttp://a/2\n", ["http://a/1", "http://a/2"]),
    "plain text in UTF-16": ("http://a/1\nhttp://a/2".encode("utf-16"), ["http://a/1", "http://a/2"]),
    "plain text packed": (gzip.compress(b"http://a/1\nhttp://a/2", mtime=0), ["http://a/1", "http://a/2"]),
    "no location in one url": (
        HEAD + b"<url><lastmod>2024</lastmod></url><url><loc>http://a/2</loc></url></urlset>",
        ["http://a/2"],
    ),
    "location in an element of its own": (one("<a>http://a/1</a>"), ["http://a/1"]),
    "location in another url": (one("<url><![CDATA[http://a/1?b&c]]></url>"), ["http://a/1?b&c"]),
    "url in a location that is not closed": (
        HEAD + b"<url><loc>http://a/1<url><loc>http://a/2</loc></url></urlset>",
        ["http://a/2"],
    ),
    "a program's notice before it": (b"Warning: no cache in /a.php on line 7\n" + one("http://a/1"), ["http://a/1"]),
    "a program's notice in HTML before it": (
        b"<br />\n<b>Warning</b>: no cache in <b>/a.php</b><br />\n" + one("http://a/1"),
        ["http://a/1"],
    ),
    "nothing listed": (HEAD + b"</urlset>", []),
    "nothing listed, in short": (b"<urlset/>", []),
}


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize(("data", "locations"), ODD_BUT_READ.values(), ids=ODD_BUT_READ.keys())
def test_an_odd_sitemap_is_read_however_it_arrives(data, locations, chunk, read):
    assert read(data, chunk=chunk).locations == locations


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><body>Not found", "html"),
        (b"<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'><p>", "html"),
        (b"\n<!doctype html>\n<title>x</title>", "html"),
        (b"<!-- cached --><html lang=en><head>", "html"),
        (b'{"pages": []}', "not_a_sitemap"),
        (b"Sitemap: http://a/sitemap.xml", "not_a_sitemap"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), "not_a_sitemap"),
        (b"<error><message>AccessDenied</message></error>", "not_a_sitemap"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_sitemap"),
        (b"<<<<>>>>", "bad_xml"),
        (b"<", "bad_xml"),
        (XML, "bad_xml"),
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"\x1f\x8b this is no gzip", "bad_gzip"),
        (b"\x1f\x8b", "bad_gzip"),
        (gzip.compress(many(10), mtime=0)[:12], "bad_gzip"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>", "entity_declaration"),
        (b"<!-- <![CDATA[ --><!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>", "entity_declaration"),
        (
            gzip.compress(b"<!DOCTYPE x [<!ENTITY % a SYSTEM 'file:///etc/passwd'>]><urlset/>", mtime=0),
            "entity_declaration",
        ),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>".encode("utf-16"), "entity_declaration"),
        (b"<urlset>" + b"<x>" * 500, "too_deep"),
    ],
)
@pytest.mark.parametrize("chunk", CHUNKS)
def test_what_is_no_sitemap_is_named(data, code, chunk, read):
    with pytest.raises(SitemapError) as stopped:
        read(data, chunk=chunk)
    assert stopped.value.code == code


@pytest.mark.parametrize("kind", ["billion laughs", "quadratic", "external"])
def test_an_entity_bomb_is_refused_before_the_parser_sees_it(kind, read):
    lines = {
        "billion laughs": "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 20)),
        "quadratic": f'<!ENTITY a "{"x" * 100_000}">',
        "external": '<!ENTITY a SYSTEM "file:///etc/passwd">',
    }
    bomb = f"<!DOCTYPE x [{lines[kind]}]><urlset><url><loc>{'&a;' * 1000}</loc></url></urlset>"
    with pytest.raises(SitemapError, match="entity_declaration"):
        read(bomb.encode())


def test_a_gzip_bomb_is_refused_at_a_fraction_of_its_size(read):
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(HEAD) + b"".join(packer.compress(b" " * 2**20) for _ in range(300)) + packer.flush()
    with pytest.raises(SitemapError, match="gzip_bomb"):
        read(bomb)


def test_a_gzip_bomb_inside_gzip_is_refused_too(read):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(300)) + packer.flush()
    with pytest.raises(SitemapError, match="gzip_bomb"):
        read(gzip.compress(bomb, mtime=0))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_one_byte_over_the_bound_is_too_large(pack, read):
    data = many(200)
    assert len(read(pack(data), limit=len(data)).entries) == 200
    with pytest.raises(SitemapError, match="too_large"):
        read(pack(data), limit=len(data) - 1)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_file_that_breaks_off_keeps_what_was_whole(chunk, read):
    whole = HEAD + b"<url><loc>http://a/1</loc><lastmod>2024-05</lastmod></url>"
    cut = read(whole + b"<url><loc>http://a/2", chunk=chunk)
    assert (cut.locations, cut.truncated) == (["http://a/1"], True)
    assert read(whole + b"</urlset>", chunk=chunk).truncated is False


@pytest.mark.parametrize("chunk", CHUNKS)
def test_gzip_that_breaks_off_keeps_what_could_be_unpacked(chunk, read):
    packed = gzip.compress(many(5000), mtime=0)
    cut = read(packed[: len(packed) * 2 // 3], chunk=chunk)
    assert cut.truncated
    assert cut.gzipped
    assert 1000 < len(cut.entries) < 5000


def test_gzip_that_is_damaged_in_the_middle_keeps_what_came_before(read):
    packed = bytearray(gzip.compress(many(5000), mtime=0))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) // 2)
    cut = read(bytes(packed))
    assert cut.truncated
    assert 1000 < len(cut.entries) < 5000


def test_dates_are_read_from_every_format(read):
    dates = [entry.last_modified for data in (RSS, ATOM) for entry in read(data).entries]
    assert dates == ["Thu, 05 Jan 2017 13:34:51 +0100", "2017-01-05", "2003-12-13T18:30:02Z", ""]


def test_an_index_lists_sitemaps_with_or_without_loc(read):
    index = (
        b"<sitemapindex><sitemap><loc>http://a/1.xml</loc><lastmod>2024-05-06</lastmod></sitemap>"
        b"<sitemap>\nhttp://a/2.xml?a=1&amp;b=2\n</sitemap><sitemap>http://a/3.xml<lastmod>2024</lastmod></sitemap>"
        b"</sitemapindex>"
    )
    assert [tuple(entry) for entry in read(index).entries] == [
        ("http://a/1.xml", "2024-05-06", True),
        ("http://a/2.xml?a=1&b=2", "", True),
        ("http://a/3.xml", "2024", True),
    ]


def test_the_servers_charset_is_believed_where_the_file_says_nothing(read):
    data = b"<urlset><url><loc>http://a/\xe4</loc></url></urlset>"
    assert read(data, charset="windows-1251").locations == ["http://a/д"]
    assert read(one(b"http://a/\xc3\xa4"), charset="windows-1251").locations == ["http://a/ä"]
    assert read(data, charset="nonsense").locations == ["http://a/ä"]


def test_a_long_line_without_end_takes_no_memory_and_yields_no_page(read):
    result = read(b"http://a/1\n" + b"http://a/" + b"x" * 10_000_000)
    assert result.locations[0] == "http://a/1"
    assert [len(location) > 2048 for location in result.locations[1:]] == [True]


CRAWLER_COMMONS = {
    "sitemaps/atom.xml": ["http://example.org/2003/12/13/atom03"],
    "sitemaps/sitemap.ns.xml": ["http://www.example.com/1", "http://www.example.com/2"],
    "sitemaps/sitemap.badns.xml": ["http://www.example.com/1", "http://www.example.com/2"],
    "sitemaps/sitemap.txt": ["http://www.domain.com/page1.html", "http://www.domain.com/page2.html"],
    "sitemaps/sitemap-with-bom.txt": ["http://www.domain.com/page1.html", "http://www.domain.com/page2.html"],
    "sitemaps/extension/sitemap-images.xml": ["http://www.example.com/images/some_image_landing_page.html"],
    "sitemaps/extension/pagemaps-sitemap.xml": ["http://www.example.com/foo", "http://www.example.com/bar"],
    "sitemaps/extension/sitemap-videos-tvshow.xml": ["https://example.org/my-tv-show/23/13/"],
    "sitemaps/extension/sitemap-mobile.xml": [
        "http://www.example.com/mobile-friendly-1/",
        "http://www.example.com/mobile-friendly-2/",
        "http://www.example.com/no-mobile/",
    ],
}


@pytest.mark.parametrize(("name", "locations"), CRAWLER_COMMONS.items())
def test_the_files_of_crawler_commons_are_read(name, locations, read, real_file):
    assert read(real_file(name)).locations == locations


@pytest.mark.parametrize(
    ("name", "count", "dated"),
    [
        ("sitemaps/sitemap.index.xml", 15, 0),
        ("sitemaps/xmlSitemap.gz", 5, 4),
        ("sitemaps/sitemap.txt.gz", 5, 0),
        ("sitemaps/extension/hebdenbridgetimes-articles-sitemap.xml", 74, 74),
        ("sitemaps/extension/shinpaideshou-news-sitemap.xml", 3, 0),
        ("sitemaps/extension/sitemap-links.xml", 3, 0),
        ("sitemaps/extension/sitemap-news.xml", 2, 0),
        ("sitemaps/extension/sitemap-videos.xml", 3, 0),
        ("rss/feed.rss", 4, 1),
        ("rss/xmlRss_pubDate.xml", 7, 5),
    ],
)
def test_real_sitemaps_and_feeds_are_read_to_the_last_entry(name, count, dated, read, real_file):
    result = read(real_file(name))
    assert not result.truncated
    assert len(result.entries) == count
    assert sum(1 for entry in result.entries if entry.last_modified) == dated
