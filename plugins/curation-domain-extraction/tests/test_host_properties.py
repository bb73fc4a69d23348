"""Whatever stands in a website field, it is read without an exception, and a host that comes out is one."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from curation_core import Fail, Skip
from curation_domain_extraction.hosts import Host, host_of, registrable_of
from curation_domain_extraction.settings import DomainExtractionSettings
from curation_domain_extraction.websites import Website, website_of

HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])")
CODE = re.compile(r"[a-z_]+: \S")
PIECES = st.sampled_from(
    (
        *("http://", "https://", "HTTP:", "//", "\\\\", "www.", "joes", ".com", ".co.uk", ".github.io", "..", "-", "_"),
        *(":80", ":", "@", "/", "?", "#", " ", "\t", "%20", "%", "[", "]", "::1", "127.0.0.1", "0x7f", "xn--"),
        *("google.com/url?q=", "l.facebook.com/l.php?u=", "&url=", "mailto:", "münchen", "ß", "。", "🍕"),
        *("\u200d", "\x00", "\ud800"),
    )
)
ADDRESSES = st.one_of(st.text(st.characters(exclude_categories=())), st.lists(PIECES, max_size=12).map("".join))
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


@given(ADDRESSES)
@example("https://xn--.com")
@example("\ud800\udc00.com")
def test_host_of_raises_for_no_text_and_gives_only_real_hosts(text: str) -> None:
    host = host_of(text)
    if isinstance(host, Fail):
        assert CODE.match(host.reason)
    else:
        assert isinstance(host, Host)
        assert HOST.fullmatch(host.name), host
        assert registrable_of(host.name) == host.registrable
        assert host.name == host.registrable or host.name.endswith(f".{host.registrable}")


@given(ADDRESSES)
def test_website_of_gives_a_website_or_a_reason_for_every_text(text: str) -> None:
    website = website_of(text, DomainExtractionSettings())
    if isinstance(website, Website):
        assert HOST.fullmatch(website.domain), website
        assert registrable_of(website.domain) == website.registrable
    else:
        assert isinstance(website, (Skip, Fail))
        assert CODE.match(website.reason)


@given(ADDRESSES)
def test_a_domain_read_again_is_itself(text: str) -> None:
    first = website_of(text, DomainExtractionSettings())
    if isinstance(first, Website) and not first.domain.startswith("www."):
        assert website_of(first.domain, DomainExtractionSettings()) == first


@given(
    st.lists(LABELS, min_size=1, max_size=3).map(".".join),
    st.sampled_from(("", "http://", "HTTPS://", "//", "https://https://", "  ", "http://user:pw@")),
    st.sampled_from(("", "/", ":443", ".", ":8080/x?y#z", "/a b", "#", "  ")),
)
def test_dressing_an_address_does_not_change_its_host(name: str, before: str, after: str) -> None:
    plain = host_of(f"{name}.example.com")
    dressed = host_of(f"{before}{name.upper()}.Example.COM{after}")
    assert isinstance(plain, Host)
    assert isinstance(dressed, Host)
    assert dressed.name == plain.name == f"{name}.example.com"
