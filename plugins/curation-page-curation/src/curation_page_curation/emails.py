"""The mail addresses on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from curation_page_curation.contents import Email, EmailKind
from curation_page_curation.hosts import registered_part
from curation_page_curation.markup import Document, attribute
from curation_page_curation.obfuscation import cloudflare, plain
from curation_page_curation.schema_org import Marked
from curation_page_curation.texts import kept, seen

MAX_EMAILS = 200
AROUND = 50
"""Characters of context before an address, and after it."""

SERVICE = frozenset(("info", "support", "sales", "contact", "help", "admin", "webmaster", "service"))
FREE = frozenset(
    (
        *("gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "rocketmail.com", "hotmail.com", "outlook.com"),
        *("live.com", "msn.com", "aol.com", "aim.com", "icloud.com", "me.com", "mac.com", "mail.com", "gmx.com"),
        *(
            "gmx.de",
            "gmx.net",
            "gmx.at",
            "gmx.ch",
            "web.de",
            "t-online.de",
            "freenet.de",
            "proton.me",
            "protonmail.com",
        ),
        *("pm.me", "tutanota.com", "fastmail.com", "zoho.com", "yandex.com", "yandex.ru", "mail.ru", "qq.com"),
        *("163.com", "126.com", "naver.com", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net"),
        *("cox.net", "charter.net", "earthlink.net", "btinternet.com", "sky.com", "virginmedia.com", "talktalk.net"),
        *("ntlworld.com", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it"),
        *("rogers.com", "shaw.ca", "telus.net", "sympatico.ca", "bigpond.com", "optusnet.com.au", "rediffmail.com"),
    )
)
FREE_BRANDS = frozenset(("yahoo", "hotmail", "live", "outlook"))
"""Providers that stand under many countries: ``yahoo.co.uk``."""
NOBODY = frozenset(("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer-daemon", "bounce"))

_ADDRESS = re.compile(
    r"(?<![\w.%+&'#*/=?^`{|}~!$-])([\w.%+&'#*/=?^`{|}~!$-]{1,64}+)@((?:[^\W_](?:[^\W_]|-){0,62}+\.)+[^\W\d_][^\W_]{1,23}+)"
)
_ESCAPED_BEFORE = re.compile(r"^(?:u003[ce]|x3[ce]|%[0-9a-f]{2})+", re.IGNORECASE)
_FILE_SIZE = re.compile(r"\d+(?:\.\d+)?x(?:\.|$)", re.IGNORECASE)  # logo@2x.png
_KEY = re.compile(r"[0-9a-f]{24,}")  # an error tracker's, or a mailing's
_CLOUDFLARE_LINK = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-f]+)", re.IGNORECASE)


def emails_on(document: Document, marked: list[Marked], domain: str) -> list[Email]:
    """The addresses on a page, each once; those that nobody reads come last.

    Args:
        document: The page.
        marked: What it marks as addresses.
        domain: The registrable domain of the page.

    Returns:
        At most `MAX_EMAILS`.
    """
    found: dict[str, Email] = {}
    text = plain(document.lines)
    places: dict[str, str] = {}
    for written, start, end in _written(text):
        if len(places) < MAX_EMAILS and (address := normal(written)) and address not in places:
            places[address] = _context(text, start, end)
    sources = (
        *_linked(document),
        *_protected(document),
        *((each.value, each.how) for each in marked if each.kind == "email"),
    )
    for written, how in sources:
        for candidate in _several(written):
            if address := normal(candidate):
                found.setdefault(address, Email(address, kind_of(address, domain), how, places.get(address)))
    for address, context in places.items():
        how = "text" if address in document.lines.lower() else "obfuscated"
        found.setdefault(address, Email(address, kind_of(address, domain), how, context))
    for each in marked:
        address = normal(each.value.removeprefix("mailto:")) if each.kind == "email" else None
        if address in found and each.owner and found[address].name is None:
            found[address] = replace(found[address], name=each.owner)
    return sorted(found.values(), key=_is_nobodys)[:MAX_EMAILS]


def kind_of(address: str, domain: str) -> EmailKind:
    """Whose an address seems to be.

    Args:
        address: In lower case.
        domain: The registrable domain of the page it stands on.

    >>> kind_of("info@joes.com", "joes.com"), kind_of("joe@joes.com", "joes.com"), kind_of("joe@gmail.com", "joes.com")
    ('SERVICE', 'CORPORATE', 'FREE')
    """
    local, _, host = address.rpartition("@")
    if local in SERVICE:
        return "SERVICE"
    mail_domain = registered_part(_ascii(host)) or host
    if mail_domain == domain:
        return "CORPORATE"
    if mail_domain in FREE or mail_domain.partition(".")[0] in FREE_BRANDS:
        return "FREE"
    return "UNKNOWN"


@lru_cache(4_096)  # an address stands on a page ten times, and on the next page of the site again
def normal(written: str) -> str | None:
    """The one form of an address as it was written; ``None`` where it is none that mail could reach.

    >>> normal("%20Info@Joes.COM."), normal("logo@2x.png"), normal("605a7baede844d278b89dc95ae0a9123@sentry.io")
    ('info@joes.com', None, None)
    """
    local, at, host = seen(unquote(written)).strip().rpartition("@")
    local = _ESCAPED_BEFORE.sub("", local.strip().rpartition(" ")[2]).lstrip(".'/=?&*#-`{|}^!$").rstrip(".")
    host = host.strip().rstrip(".").lower()
    if not at or not local or _FILE_SIZE.match(host) or _KEY.fullmatch(local.lower()):
        return None
    while registered_part(_ascii(host)) is None:
        host, dot, _ = host.rpartition(".")  # a sentence that goes on behind a full stop, without a blank
        if not dot or "." not in host:
            return None
    try:
        checked = validate_email(f"{local}@{host}", check_deliverability=False)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""


def _written(text: str) -> Iterator[tuple[str, int, int]]:
    if "@" in text:
        for match in _ADDRESS.finditer(text):
            yield match[0], match.start(), match.end()


def _linked(document: Document) -> Iterator[tuple[str, str]]:
    """The recipients of mail links, the hidden ones among the parameters too."""
    for _, reference in document.references:
        if reference[:7].lower() != "mailto:":
            continue
        to, _, query = reference[7:].partition("?")
        yield to, "mailto"
        for parameter in query.split("&"):
            name, _, value = parameter.partition("=")
            if name.lower() in {"to", "cc", "bcc"}:
                yield value, "mailto"


def _protected(document: Document) -> Iterator[tuple[str, str]]:
    codes = [attribute(node, "data-cfemail") for node in document.tree.css("[data-cfemail]")]
    codes += [match[1] for _, reference in document.references if (match := _CLOUDFLARE_LINK.search(reference))]
    for code in codes:
        if address := cloudflare(code):
            yield address.partition("?")[0], "cfemail"


def _several(written: str) -> list[str]:
    """The addresses in a list of recipients, each with or without a name before it."""
    text = plain(seen(unquote(written.removeprefix("mailto:"))).strip())
    return [match[0] for match in _ADDRESS.finditer(text)][:MAX_EMAILS]


def _context(text: str, start: int, end: int) -> str:
    return kept(text[max(start - AROUND, 0) : end + AROUND]) or ""


def _is_nobodys(email: Email) -> bool:
    return email.address.partition("@")[0] in NOBODY
