"""No text makes a pattern take time that grows with its square. Times are compared with each other."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from curation_page_curation.errors import PageError
from curation_page_curation.extraction import read_page
from curation_page_curation.guards import refuse_hostile

PIECES = {
    "at signs": "@",
    "local parts": "a.b-c+",
    "addresses": "a@b.cc ",
    "almost addresses": "a@a.",
    "labels": "a@" + "a." * 60,
    "brackets": "[ at ",
    "ats": " at a",
    "spoken": "a dot a at ",
    "blanks": " \t\n",
    "entities": "&amp;#",
    "numbers": "1 ",
    "long numbers": "12345678901234567 ",
    "phones": "650-253-0000 ",
    "almost phones": "(650) 253-",
    "slashes": "1/2/",
    "lone digits": "1" + "x" * 30,
    "vanity": "1-800-A",
    "dates": "12.12.2012 ",
    "words": "it's-a.word",
    "comments": "<!--",
    "tags": "<a",
    "equals": "<a =",
    "links": "<a href='mailto:a@b.cc?cc=a@b.cc'>",
    "protected": "<a data-cfemail='0000000000'>",
    "scripts": "<script type='application/ld+json'>/*",
    "strings": "<script type='application/ld+json'>{\"\\",
}


def seconds(body):
    start = time.process_time()
    with suppress(PageError):
        read_page(body, url="https://joes.com/")
    return time.process_time() - start


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES.keys())
def test_eight_times_the_text_takes_no_more_than_its_share_of_time(piece):
    small, large = (f"<p>{piece * (size // len(piece))}".encode() for size in (60_000, 480_000))
    best = min(seconds(small) for _ in range(3))
    assert seconds(large) < 24 * best + 0.5  # eight times for what is honest, sixty-four for what is not


JSON_LD = ("[1,", '{"a":', '"\\', "/*", "/* *", "//", '"a', ",  ", "<!--")


@pytest.mark.parametrize("piece", JSON_LD)
def test_the_same_goes_for_json_ld(piece):
    small, large = (
        f"<script type='application/ld+json'>{piece * (size // len(piece))}</script>".encode()
        for size in (60_000, 480_000)
    )
    best = min(seconds(small) for _ in range(3))
    assert seconds(large) < 24 * best + 0.5


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<div>" * 3_100, "too_deep"),
        (b"<div>" * 3_100 + b"</div>" * 30_000 + b"x" * 70_000, None),
        (b"<b><i><u>" * 2_000, "too_deep"),
        (b"<p " + b"a=1 " * 2_100 + b">", "too_many_attributes"),
        (b"<div>x</div>" * 100_000, None),
        (b"<p>x<br><li><td><img>" * 50_000, None),
        (b"<path d='M0 0'/>" * 50_000, None),
        (b"<script>for(i=0;i<n.length;i++)if(a<b&&c<d)e=f=g</script>" * 5_000, None),
        (b"<img srcset='" + b"a=b " * 1_500 + b"'>", None),
    ],
)
def test_a_page_is_refused_for_its_shape_and_not_for_its_size(body, code):
    if code is None:
        refuse_hostile(body)
        return
    with pytest.raises(PageError) as raised:
        refuse_hostile(body)
    assert raised.value.code == code
