"""The telephone numbers on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from ada_url import URL
from phonenumbers import (
    SUPPORTED_REGIONS,
    Leniency,
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    format_number,
    is_valid_number,
    parse,
)

from curation_page_curation.contents import Phone
from curation_page_curation.hosts import host_of
from curation_page_curation.markup import Document, attribute
from curation_page_curation.schema_org import Marked
from curation_page_curation.texts import kept

MAX_PHONES = 200
MAX_TRIES = 2_000
"""Candidates that are looked into; honest pages have fewer than a hundred."""

_DATE = re.compile(
    r"\D*(?:\d\d?[./-] ?\d\d?[./-] ?(?:\d\d|(?:19|20)\d\d(?:\D.*)?)|(?:19|20)\d\d[./-]\d\d?[./-]\d\d?(?:\D.*)?)",
    re.DOTALL,
)
_YEARS = re.compile(r"\D*(?:19|20)\d\d(?:\D+(?:19|20)\d\d)+\D*")
_LIST = re.compile(r"\d+/\d+/\d+")
_VANITY_HINT = re.compile(r"\d[)]?[-. ][A-Z]")
_VANITY = re.compile(  # 1-800-FLOWERS, 303.333.PAUL
    r"(?<![\w-])(?:\+?1[-. ])?\(?(?:8(?:00|33|44|55|66|77|88)\)?[-. ]"
    r"(?:[A-Z]{7}|[A-Z]{3}[-. ][A-Z]{4}|[A-Z]{4}[-. ][A-Z]{3})|[2-9]\d\d\)?[-. ]\d{3}[-. ][A-Z]{4})(?![\w-])"
)
_WITH_LETTERS = frozenset(("US", "CA"))
_ENOUGH_DIGITS = re.compile(r"\d(?:[^\d\n]*+\d){6}")
_WHATSAPP = re.compile(r"(?:^/|[?&]phone=)\+?(\d{7,15})(?!\d)")
_CALL = re.compile(r"(?:tel|callto|phone|sms|fax):(?://)?(.*)", re.IGNORECASE | re.DOTALL)
_TELLS_NOTHING = frozenset(
    (
        "AI",
        "CO",
        "FM",
        "IO",
        "ME",
        "TV",
        "AC",
        "AD",
        "AG",
        "CC",
        "GG",
        "IM",
        "LA",
        "LY",
        "MS",
        "NU",
        "SC",
        "SH",
        "TO",
        "VC",
        "WS",
        "GL",
        "GD",
        "BZ",
        "SO",
        "ST",
        "TK",
        "VG",
    )
)


def phones_on(document: Document, marked: list[Marked], default_region: str) -> list[Phone]:
    """The numbers on a page, each once; linked and marked ones first, then those of the text as they stand in it.

    Only numbers that a numbering plan has count.

    Args:
        document: The page.
        marked: What it marks as numbers.
        default_region: Where a number without a country's code is dialled if the page does not tell, as two letters.

    Returns:
        At most `MAX_PHONES`.
    """
    regions = regions_of(document, default_region)
    found: dict[str, Phone] = {}
    for written, how in (*_linked(document), *((each.value, each.how) for each in marked if each.kind == "telephone")):
        if number := next(filter(None, (number_of(written, region) for region in regions)), None):
            found.setdefault(number, Phone(number, how, kept(written, 100) or number))
    for written, number in _in_text(document.lines, regions):
        if len(found) >= MAX_PHONES:
            break
        found.setdefault(number, Phone(number, "text", kept(written, 100) or number))
    return list(found.values())[:MAX_PHONES]


def number_of(written: str, region: str) -> str | None:
    """A number as E.164; ``None`` where there is none, or none that any numbering plan has.

    >>> number_of("tel:(650) 253-0000;ext=12", "US"), number_of("+44 20 7031 3000", "US"), number_of("12345", "US")
    ('+16502530000', '+442070313000', None)
    """
    try:
        number = parse(written[:250], region)
    except NumberParseException:
        return None
    return format_number(number, PhoneNumberFormat.E164) if is_valid_number(number) else None


def regions_of(document: Document, default: str) -> list[str]:
    """Where a page's own numbers may be dialled, the likeliest first.

    The domain of its country decides; without one its languages' countries are tried before the default. "en-US"
    tells nothing: it stands on pages all over the world, because that is how they are made.

    Args:
        document: The page.
        default: The region to assume, as two letters.
    """
    label = host_of(document.url).rpartition(".")[2].upper()
    country = "GB" if label == "UK" else label
    if country in SUPPORTED_REGIONS and country not in _TELLS_NOTHING:
        return [country]
    languages = [
        attribute(document.tree.root, "lang") if document.tree.root else "",
        document.meta.get("og:locale", ""),
    ]
    told = [language.replace("_", "-").partition("-")[2].upper() for language in languages]
    return list(dict.fromkeys([*(region for region in told if region in SUPPORTED_REGIONS - {"US"}), default]))


def known_region(region: str) -> str:
    """The region in capitals.

    Args:
        region: Two letters.

    Raises:
        ValueError: There is none of that name.
    """
    if region.upper() not in SUPPORTED_REGIONS:
        message = f"no region {region!r} has telephone numbers: name a country by its two letters, such as US or GB"
        raise ValueError(message)
    return region.upper()


def is_no_number(written: str) -> bool:
    """Whether digits are rather a date, years or a list than a number to call.

    >>> [is_no_number(text) for text in ("09.12.2019", "2019-12-09 10", "1998 - 2004", "500/600/1200")]
    [True, True, True, True]
    >>> is_no_number("01 22 33 44 55")
    False
    """
    return bool(_DATE.fullmatch(written) or _YEARS.fullmatch(written) or _LIST.fullmatch(written))


def _in_text(lines: str, regions: list[str]) -> Iterator[tuple[str, str]]:
    tries = MAX_TRIES
    for line in lines.split("\n"):
        if _ENOUGH_DIGITS.search(line):
            for region in regions:
                matcher = PhoneNumberMatcher(line, region, leniency=Leniency.VALID, max_tries=max(tries, 0))
                matches = [match for match in islice(matcher, MAX_PHONES) if not is_no_number(match.raw_string)]
                tries -= 1 + len(line) // 20  # a candidate has 20 characters or so
                yield from (
                    (match.raw_string, format_number(match.number, PhoneNumberFormat.E164)) for match in matches
                )
                if matches:
                    break
        if regions[-1] in _WITH_LETTERS and _VANITY_HINT.search(line):
            for match in _VANITY.finditer(line):
                if number := number_of(match[0], regions[-1]):
                    yield match[0], number


def _linked(document: Document) -> Iterator[tuple[str, str]]:
    for _, reference in document.references:
        if call := _CALL.match(reference):
            yield unquote(call[1]).partition("?")[0], "tel"
        elif ("wa.me/" in reference or "whatsapp" in reference) and (number := _whatsapp(reference)):
            yield number, "whatsapp"


def _whatsapp(reference: str) -> str | None:
    try:
        url = URL(reference)
    except ValueError:
        return None
    digits = _WHATSAPP.search(unquote(url.pathname + url.search))
    return f"+{digits[1]}" if digits else None
