"""What a page says about itself, whatever state its markup and its encoding are in."""

from __future__ import annotations

import pytest

from curation_page_curation.contents import Contents
from curation_page_curation.extraction import read_page

URL = "https://www.joes.com/contact/"


def read(html, url=URL, content_type="text/html", **arguments):
    body = html if isinstance(html, bytes) else html.encode()
    return read_page(body, url=url, content_type=content_type, **arguments)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title> Joe's\n Pizza </title>", "Joe's Pizza"),
        ("<head><title>A</title><title>B</title>", "A"),
        ("<svg><title>Icon</title></svg><title>Joe's</title>", "Joe's"),
        ("<title>A &amp; B &mdash; C</title>", "A & B — C"),
        ("<title></title>", None),
        ("<title>\x00</title>", "\ufffd"),
        ("<p>No title", None),
        ("<title>Never closed", "Never closed"),
        (f"<title>{'x' * 9_000}</title>", "x" * 2_000),
    ],
)
def test_the_title_is_the_first_of_the_document(html, title):
    assert read(html).title == title


def test_the_description_is_the_metas_or_else_open_graphs():
    graph = '<meta property="og:description" content="B">'
    assert read(f'<meta name="Description" content=" A ">{graph}').description == "A"
    assert read(graph).description == "B"
    assert read('<meta name="description" content="">' + graph).description == "B"
    assert read("<p>").description is None


@pytest.mark.parametrize(
    ("html", "h1"),
    [
        ("<h1>Joe's <b>Pi</b>zza</h1><h1>Other</h1>", "Joe's Pizza"),
        ("<h1>Joe's<br>Pizza</h1>", "Joe's Pizza"),
        ("<h1> </h1><h1>Second</h1>", "Second"),
        ("<h1><img src=x alt='Logo'></h1>", "Logo"),
        ("<h1><script>x()</script>Text</h1>", "Text"),
        ("<h2>None</h2>", None),
    ],
)
def test_the_heading_is_the_first_that_says_something(html, h1):
    assert read(html).h1 == h1


def test_addresses_are_absolute_and_told_once():
    html = """<base href="/sub/"><link rel="canonical" href="/contact"><link rel="stylesheet" href="x.css">
    <a href="a">1</a><a href="a#top">2</a><a href="#top">3</a><a href="//b.com/ä b">4</a><a href="HTTPS://B.com:443">5</a>
    <a href="javascript:x()">6</a><a href="mailto:a@b.com">7</a><a href="http://[">8</a><a href="">9</a>
    <area href="/c">"""
    contents = read(html)
    assert contents.canonical_url == "https://www.joes.com/contact"
    assert contents.links == [
        "https://www.joes.com/sub/a",
        "https://b.com/%C3%A4%20b",
        "https://b.com/",
        "https://www.joes.com/sub/",
        "https://www.joes.com/c",
    ]


def test_the_first_five_hundred_links_are_kept():
    contents = read("".join(f"<a href='/{number}'>x</a>" for number in range(600)))
    assert len(contents.links) == 500
    assert contents.links[-1] == "https://www.joes.com/499"


def test_what_robots_are_told_is_kept():
    assert read('<meta name="ROBOTS" content="noindex, nofollow">').meta_robots == "noindex, nofollow"


@pytest.mark.parametrize(
    ("html", "types"),
    [
        ('{"@type": "Dentist"}', ["Dentist"]),
        ('{"@context": "https://schema.org", "@graph": [{"@type": ["Store", "Place"]}, {"@type": "WebSite"}]}', None),
        ('{"@type": "Store", "address": {"@type": "PostalAddress", "geo": [[{"@type": "GeoCoordinates"}]]}}', None),
        ('{"@type": "https://schema.org/Store"}', ["Store"]),
        ('[{"@type": "Store"}]', ["Store"]),
        ('// a comment\n{"@type": "Store", "url": "http://joes.com/" /* another */}', ["Store"]),
        ('<!-- {"@type": "Store"} -->', ["Store"]),
        ('//<![CDATA[\n{"@type": "Store"}\n//]]>', ["Store"]),
        ('{"@type": "Store", "a": [1, 2,],}', ["Store"]),
        ('{"@type": "Store"};', ["Store"]),
        ('{"@type": "Store", "text": "two\nlines\tand // no comment, }"}', ["Store"]),
        ('{"@type": "Store", "text": "\\ud800\\u0000"}', ["Store"]),
        ('{"@type": 5, "@graph": null}', []),
        ("{nonsense", []),
        ("", []),
        ("[" * 100_000, []),
        ("1" * 100_000, []),
    ],
)
def test_json_ld_is_read_as_people_write_it(html, types):
    found = read(f"<script type='application/ld+json'>{html}</script>").schema_types
    if types is None:
        assert found[0] == "Store"
        assert len(found) == 3
    else:
        assert found == types


def test_microdata_names_types_too():
    html = (
        '<div itemscope itemtype="http://schema.org/Store https://schema.org/Place"><b itemscope itemtype="x:Dentist">'
    )
    assert read(html).schema_types == ["Store", "Place", "Dentist"]
    assert read('<script type=\'APPLICATION/LD+JSON; charset=utf-8\'>{"@type": "Store"}</script>').schema_types == [
        "Store"
    ]


@pytest.mark.parametrize(
    ("html", "has_form"),
    [
        ("<form><input name=name><textarea name=message></textarea></form>", True),
        ("<form><input type=text name=name><input type=email name=email></form>", True),
        ("<form><input type=email></form>", False),
        ("<form><input type=search name=q></form>", False),
        ("<form><input type=email><input type=text><input type=password></form>", False),
        ("<form id=commentform><textarea></textarea></form>", False),
        ("<textarea></textarea>", False),
    ],
)
def test_a_contact_form_asks_for_a_message_or_an_address(html, has_form):
    assert read(html).has_contact_form is has_form


def test_words_are_those_that_a_visitor_sees():
    html = "<title>Not this</title><p>Joe's best-known <b>Piz</b>za<br>is here: 24/7 <script>no no</script><!-- no -->"
    assert read(html).word_count == 7
    assert read("").word_count == 0


def test_profiles_in_social_networks_are_told_and_what_shares_is_not():
    html = """<a href="https://www.facebook.com/joes">f</a><a href="//instagram.com/joes/">i</a>
    <a href="https://twitter.com/intent/tweet?u=x">t</a><a href="https://www.facebook.com/sharer/sharer.php?u=x">s</a>
    <a href="https://facebook.com/">h</a><a href="https://notfacebook.com/joes">n</a><a href="https://de.linkedin.com/company/joes">l</a>"""
    assert read(html).socials == [
        "https://www.facebook.com/joes",
        "https://instagram.com/joes/",
        "https://de.linkedin.com/company/joes",
    ]


# -- encodings --------------------------------------------------------------------------------------------------

CAFE = "<title>Café – “Joe”</title>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (CAFE.encode(), "text/html; charset=utf-8"),
        (CAFE.encode(), "text/html"),
        (CAFE.encode(), None),
        (b"\xef\xbb\xbf" + CAFE.encode(), "text/html; charset=iso-8859-1"),
        (CAFE.encode("cp1252"), "text/html; charset=ISO-8859-1"),
        (CAFE.encode("cp1252"), 'text/html; charset="windows-1252"'),
        (b'<meta charset="windows-1252">' + CAFE.encode("cp1252"), "text/html"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=windows-1252'>" + CAFE.encode("cp1252"), None),
        (CAFE.encode("utf-16"), "text/html"),
        (b"\xfe\xff" + CAFE.encode("utf-16-be"), None),
        (b'<meta charset="no-such-charset">' + CAFE.encode(), "text/html; charset=nor-this"),
        (b'<?xml version="1.0" encoding="windows-1252"?>' + CAFE.encode("cp1252"), "application/xhtml+xml"),
    ],
)
def test_a_page_is_decoded_as_browsers_do(body, content_type):
    assert read(body, content_type=content_type).title == "Café – “Joe”"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Добро пожаловать в наш ресторан, у нас лучшая пицца в городе", "cp1251"),
        ("当店へようこそ。お問い合わせは電話またはメールでお願いいたします。", "shift_jis"),
        ("Öffnungszeiten: täglich außer sonntags, für Gäste und Geschäftskunden", "cp1252"),
    ],
)
def test_an_encoding_that_nobody_declares_is_guessed(text, encoding):
    assert read(f"<title>{text}</title><p>{text * 5}".encode(encoding)).title == text


def test_bytes_that_do_not_decode_cost_no_more_than_themselves():
    contents = read(b"<title>Caf\xe9</title><p>joe@joes.com", content_type="text/html; charset=utf-8")
    assert contents.title == "Caf\ufffd"
    assert [email.address for email in contents.emails] == ["joe@joes.com"]


# -- all of it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\x00" * 1000, b"\xff\xfe", b"<", b"<!", b"<!--", b"<a href=", b"</", b"&#", b"&#x110000;&#xd800;"),
        *(b"<a href='http://[::1'>", b"<base href='javascript:x'>", b"<html><frameset><frame src=x></frameset>"),
        *(b"<title>\xed\xa0\x80</title>", "<p>\udcff".encode("utf-8", "surrogatepass"), bytes(range(256)) * 100),
    ],
)
def test_no_page_is_too_broken_to_be_read(body):
    contents = read(body)
    assert (contents.emails, contents.phones) == ([], [])
    assert "\x00" not in repr(contents.to_json())


def test_what_was_read_goes_through_json_unchanged():
    contents = read(
        '<title>A</title><p>joe@joes.com 650-253-0000<script type=\'application/ld+json\'>{"@type": "A"}</script>'
    )
    assert Contents.from_json(contents.to_json()) == contents
    assert len(contents.sha256) == 64
