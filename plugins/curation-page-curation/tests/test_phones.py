"""Numbers that a numbering plan has are found, and dates, prices and codes are not taken for them."""

from __future__ import annotations

import pytest

from curation_page_curation.extraction import read_page

URL = "https://www.joes.com/contact"


def found(html, url=URL, region="US"):
    return [phone.number for phone in read_page(html.encode(), url=url, region=region).phones]


@pytest.mark.parametrize(
    "written",
    [
        *("650-253-0000", "(650) 253-0000", "650.253.0000", "650 253 0000", "6502530000", "+1 650 253 0000"),
        *("1-650-253-0000", "Tel: 650-253-0000", "650-253-0000 ext. 12", "650-253-0000x12", "(650)253-0000"),
        *("650\u2010253\u20100000", "650\u2013253\u20130000", "650&nbsp;253&nbsp;0000", "6\u200b50-253-0000"),
        *("６５０-２５３-００００", "650<b>-253</b>-0000", "(650)\n 253-0000", "Call 650-253-0000 or write."),
    ],
)
def test_a_number_is_found_however_it_is_written(written):
    assert found(f"<p>{written}") == ["+16502530000"]


@pytest.mark.parametrize(
    "html",
    [
        "<a href='tel:+16502530000'>Call</a>",
        "<a href='tel:650-253-0000'>Call</a>",
        "<a href='TEL:(650)%20253-0000'>Call</a>",
        "<a href='tel://+1-650-253-0000'>Call</a>",
        "<a href='tel:+1-650-253-0000;ext=12'>Call</a>",
        "<a href='callto:+16502530000'>Call</a>",
        "<a href='sms:+16502530000?body=hi'>Write</a>",
        "<a href='https://wa.me/16502530000'>Chat</a>",
        "<a href='https://wa.me/+16502530000?text=hi'>Chat</a>",
        "<a href='https://api.whatsapp.com/send?phone=16502530000&amp;text=hi'>Chat</a>",
        "<a href='whatsapp://send?phone=%2B16502530000'>Chat</a>",
        '<script type=\'application/ld+json\'>{"telephone": "(650) 253-0000"}</script>',
        '<script type=\'application/ld+json\'>{"@graph": [{"contactPoint": {"telephone": ["+16502530000"]}}]}</script>',
        "<b itemprop='telephone'>650 253 0000</b>",
        "<meta itemprop='telephone' content='+1-650-253-0000'>",
    ],
)
def test_a_number_is_found_where_it_is_linked_or_marked(html):
    assert found(html) == ["+16502530000"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1-800-GOT-JUNK", "+18004685865"),
        ("1-800-FLOWERS", "+18003569377"),
        ("(888) WALK-FIT", "+18889255348"),
        ("303.333.PAUL", "+13033337285"),
    ],
)
def test_letters_that_stand_for_digits_are_dialled(written, number):
    assert found(f"<p>Call {written} now") == [number]


@pytest.mark.parametrize(
    ("html", "url", "number"),
    [
        ("<p>020 7031 3000", "https://joes.co.uk/", "+442070313000"),
        ("<html lang='en-GB'><p>020 7031 3000", "https://joes.com/", "+442070313000"),
        ("<meta property='og:locale' content='en_GB'><p>020 7031 3000", "https://joes.com/", "+442070313000"),
        ("<html lang='en-GB'><p>650-253-0000", "https://joes.com/", "+16502530000"),
        ("<html lang='en-US'><p>030 303986300", "https://joes.de/", "+4930303986300"),
        ("<p>01 42 68 53 00", "https://joes.fr/", "+33142685300"),
        ("<p>(02) 9374 4000", "https://joes.com.au/", "+61293744000"),
        ("<p>+44 (0) 20 7031 3000", "https://joes.com/", "+442070313000"),
        ("<p>650-253-0000", "https://joes.io/", "+16502530000"),
        ("<p>650-253-0000", "http://127.0.0.1:8080/", "+16502530000"),
    ],
)
def test_the_page_tells_where_its_numbers_are_dialled(html, url, number):
    assert found(html, url) == [number]


def test_an_operator_tells_where_they_are_dialled_if_the_page_does_not():
    assert found("<p>020 7031 3000", region="GB") == ["+442070313000"]


@pytest.mark.parametrize(
    "written",
    [
        *("2019-12-09", "12/09/2019", "2019-12-09 10:00", "1998 - 2004 - 2010", "09:00 - 17:00"),
        *("$6,502,530,000", "192.168.100.200", "ISBN 978-3-16-148410-0", "abc6502530000def", "500/600/1200"),
        *("650-253", "000-000-0000", "123-456-7890", "4111 1111 1111 1111", "VAT DE123456789", "1234567890123456789"),
        "http://joes.com/6502530000000",
    ],
)
def test_dates_prices_and_codes_are_no_numbers(written):
    assert found(f"<p>{written}") == []


def test_a_german_date_is_no_number():
    assert found("<p>Am 09.12.2019 um 10 Uhr", "https://joes.de/") == []


def test_scripts_and_fields_are_not_read():
    assert found("<script>var a = '650-253-0000'</script><input value='650-253-0000'><style>650-253-0000</style>") == []


def test_each_number_is_told_once_with_how_it_was_found():
    html = "<p>650-253-0000, (650) 253-0000, 650-253-0001 <a href='tel:6502530000'>x</a>"
    phones = read_page(html.encode(), url=URL).phones
    assert [(phone.number, phone.how) for phone in phones] == [("+16502530000", "tel"), ("+16502530001", "text")]
    assert phones[1].shown == "650-253-0001"
