"""Addresses are found however they are written, and what only looks like one is not."""

from __future__ import annotations

import pytest

from curation_page_curation.emails import kind_of, normal
from curation_page_curation.extraction import read_page
from curation_page_curation.obfuscation import cloudflare

URL = "https://www.joes.com/contact"


def found(html, url=URL):
    return [email.address for email in read_page(html.encode(), url=url).emails]


def one(html, url=URL):
    (email,) = read_page(html.encode(), url=url).emails
    return email


def protected(address, key=0x5A):
    return bytes([key, *(ord(letter) ^ key for letter in address)]).hex()


@pytest.mark.parametrize(
    "html",
    [
        "<p>joe@joes.com",
        "<p>JOE@Joes.COM",
        "<p>Write to joe@joes.com.",
        "<p>(joe@joes.com)",
        "<p>&lt;joe@joes.com&gt;",
        "<p>'joe@joes.com'",
        "<p>Email:joe@joes.com,",
        "<p>joe@joes.com;",
        "<p>joe@joes.com/menu",
        "<p>joe@joes.com.Thanks",
        "<p>joe&#64;joes&#46;com",
        "<p>&#x6a;&#x6f;&#x65;&#x40;joes.com",
        "<p>&#106;oe&commat;joes&period;com",
        "<p>joe&amp;#64;joes.com",
        "<p>joe\uff20joes.com",
        "<p>joe@jo\u00ades.com",
        "<p>joe\u200b@\u200bjoes.com",
        "<p>joe<!-- no -->@<!-- spam -->joes.com",
        "<p>joe<b>@</b>joes.com",
        "<p><b>Email</b><span>joe@joes.com</span><i>Phone</i>",
        "<p><span>joe</span><span>@</span><span>joes.com</span>",
        "<p>joe@<span style='display:none'>no.spam.</span>joes.com",
        "<p><span style='unicode-bidi:bidi-override; direction: rtl'>moc.seoj@eoj</span>",
        "<table><tr><td>joe@joes.com</td><td>Phone</td>",
        "<p>joe@joes.com<br>Phone",
        "<p>joe [at] joes.com",
        "<p>joe[at]joes[dot]com",
        "<p>joe (at) joes (dot) com",
        "<p>joe {AT} joes {DOT} com",
        "<p>joe(@)joes.com",
        "<p>joe [@] joes [.] com",
        "<p>joe [-at-] joes (-dot-) com",
        "<p>joe (at) joes dot com",
        "<p>joe@joes dot com",
        "<p>joe@joes[.]com",
        "<p>joe＠joes．com",
        "<p>joe AT joes DOT com",
        "<p>joe at joes dot com",
        "<a href='mailto:joe@joes.com'>Write</a>",
        "<a href='MAILTO:Joe@Joes.com'>Write</a>",
        "<a href=' mailto:joe@joes.com '>Write</a>",
        "<a href='mailto:joe@joes.com?subject=Hello@you.com%20there'>Write</a>",
        "<a href='mailto:joe%40joes.com'>Write</a>",
        "<a href='mailto:%20joe@joes.com'>Write</a>",
        "<a href='mailto:joe@joes.com%20'>Write</a>",
        "<a href='mailto:Joe%20Doe%20%3Cjoe@joes.com%3E'>Write</a>",
        "<a href='mailto:joe@joes.com;'>Write</a>",
        "<a href='mailto://joe@joes.com'>Write</a>",
        "<a href='mailto:?to=joe@joes.com&amp;subject=x'>Write</a>",
        "<a href='mailto:?bcc=joe%40joes.com'>Write</a>",
        "<a href='&#109;&#97;&#105;&#108;&#116;&#111;&#58;&#106;oe&#64;joes.com'>Write</a>",
        "<a href='mailto:joe[at]joes.com'>Write</a>",
        "<area href='mailto:joe@joes.com'>",
        f"<a class='__cf_email__' data-cfemail='{protected('joe@joes.com')}'>[email&#160;protected]</a>",
        f"<a href='/cdn-cgi/l/email-protection#{protected('joe@joes.com')}'>Write</a>",
        f"<a href='/cdn-cgi/l/email-protection#{protected('joe@joes.com?subject=x')}'>Write</a>",
        '<script type=\'application/ld+json\'>{"email": "joe@joes.com"}</script>',
        '<script type=\'application/ld+json\'>{"email": "mailto:joe@joes.com"}</script>',
        '<script type=\'application/ld+json\'>{"email": ["joe@joes.com"]}</script>',
        "<span itemprop='email'>joe@joes.com</span>",
        "<meta itemprop='email' content='joe@joes.com'>",
        "<link itemprop='email' href='mailto:joe@joes.com'>",
        "<noscript><a href='mailto:joe@joes.com'>Write</a></noscript>",
    ],
)
def test_an_address_is_found_however_it_is_written(html):
    assert found(html) == ["joe@joes.com"]


@pytest.mark.parametrize(
    "address",
    [
        *("joe.doe+web@joes.co.uk", "joe_doe@mail.joes.com", "o'neill@joes.com", "1@joes.com", "joe@joes.museum"),
        *("joe@xn--mnchen-3ya.de", "joe@jo-es.com", "joe@3.joes.info"),
    ],
)
def test_unusual_addresses_are_kept_as_they_are(address):
    assert found(f"<p>Write: {address} soon") == [address.replace("xn--mnchen-3ya", "münchen")]
    assert found(f'<a href="mailto:{address}">x</a>') == [address.replace("xn--mnchen-3ya", "münchen")]


@pytest.mark.parametrize(
    "html",
    [
        "<p>logo@2x.png",
        "<img src='logo@2x.png' srcset='hero@3x.webp 3x'>",
        "<p>icon@1.5x.jpg and sprite@2x.com",
        "<p>jquery@3.6.0 react@18.2.0.js",
        "<p>605a7baede844d278b89dc95ae0a9123@sentry.io",
        "<script>var dsn = 'https://abc@joes.com/1'; document.write('a@joes.com')</script>",
        "<style>@media a@joes.com {}</style>",
        "<template>a@joes.com</template>",
        "<textarea>a@joes.com</textarea>",
        "<title>a@joes.com</title>",
        "<input value='a@joes.com' placeholder='you@joes.com'>",
        "<p onclick=\"location='mailto:a@joes.com'\">x",
        "<!-- a@joes.com -->",
        "<p>@joes.com joe@ joe@joes joe@.com joe@joes..com @@ a@b@",
        "<p>joe@localhost joe@joes.invalid joe@joes.test joe@192.168.0.1",
        "<p>Meet us at noon. Look at joes and dot it.",
        "<p>We are (at) home.",
        "<p>The dot com bubble, @home dot, @ dot com and joes dot com.",
        f"<p>{'a' * 65}@joes.com",
        f"<p>joe@{'a' * 64}.com",
        "<a href='mailto:'>x</a><a href='mailto:?subject=x'>x</a>",
        "<a data-cfemail='xyz'>x</a><a data-cfemail=''>x</a><a data-cfemail='00'>x</a>",
        "<a data-cfemail='543931142435'>x</a>",
    ],
)
def test_what_only_looks_like_an_address_is_none(html):
    assert found(html) == []


def test_each_address_is_told_once_and_those_that_nobody_reads_come_last():
    html = "<a href='mailto:noreply@joes.com'>x</a> joe@joes.com <p>JOE@joes.com <p>ann@joes.com"
    assert found(html) == ["joe@joes.com", "ann@joes.com", "noreply@joes.com"]


def test_several_recipients_of_one_link_are_all_found():
    html = "<a href='mailto:joe@joes.com,Ann%20%3Cann@joes.com%3E?cc=bob@joes.com'>x</a>"
    assert found(html) == ["joe@joes.com", "ann@joes.com", "bob@joes.com"]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("info@joes.com", "SERVICE"),
        ("webmaster@gmail.com", "SERVICE"),
        ("joe@joes.com", "CORPORATE"),
        ("joe@mail.joes.com", "CORPORATE"),
        ("information@joes.com", "CORPORATE"),
        ("joe@gmail.com", "FREE"),
        ("joe@yahoo.co.uk", "FREE"),
        ("joe@hotmail.fr", "FREE"),
        ("joe@other.com", "UNKNOWN"),
        ("joe@notjoes.com", "UNKNOWN"),
    ],
)
def test_the_kind_of_an_address_is_told_by_its_parts(address, kind):
    assert kind_of(address, "joes.com") == kind


def test_the_context_is_fifty_characters_on_each_side():
    email = one(f"<p>{'b' * 60} joe@joes.com {'a' * 60}")
    assert email.context == f"{'b' * 49} joe@joes.com {'a' * 49}"
    assert one("<a href='mailto:joe@joes.com'>Write</a>").context is None


@pytest.mark.parametrize(
    "html",
    [
        '<script type="application/ld+json">{"@type": "Person", "name": "Joe Doe", "email": "joe@joes.com"}</script>',
        """<div itemscope itemtype="https://schema.org/Person"><b itemprop="name">Joe <i>Doe</i></b>
        <a itemprop="email" href="mailto:joe@joes.com">x</a></div>""",
    ],
)
def test_a_persons_name_is_told_where_the_page_marks_it(html):
    assert one(html).name == "Joe Doe"


def test_a_firms_name_is_nobodys():
    html = '<script type="application/ld+json">{"@type": "Store", "name": "Joe\'s", "email": "joe@joes.com"}</script>'
    assert one(html).name is None


def test_how_an_address_was_found_is_told():
    html = f"""<a href="mailto:a@joes.com">x</a> b@joes.com, c [at] joes.com
    <i data-cfemail="{protected("d@joes.com")}">x</i><b itemprop="email">e@joes.com</b>
    <script type="application/ld+json">{{"email": "f@joes.com"}}</script>"""
    how = {email.address[0]: email.how for email in read_page(html.encode(), url=URL).emails}
    ways = ("mailto", "text", "obfuscated", "cfemail", "microdata", "json-ld")
    assert how == dict(zip("abcdef", ways, strict=True))


def test_every_key_of_cloudflare_is_turned_back():
    assert {cloudflare(protected("joe@joes.com", key)) for key in range(256)} == {"joe@joes.com"}


def test_a_normal_form_is_its_own_normal_form():
    for written in ("%20Info@Joes.COM.", "u003ejoe@joes.com", "JOE@MÜNCHEN.de", "joe@joes.com.Thanks"):
        assert (address := normal(written)) is not None
        assert normal(address) == address
