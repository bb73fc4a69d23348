"""Reads one page: from its bytes to what it says. Pure: no network, no database, no clock."""

from __future__ import annotations

import re
from hashlib import sha256

from curation_page_curation.charsets import decoded
from curation_page_curation.contents import Contents
from curation_page_curation.emails import emails_on
from curation_page_curation.guards import refuse_hostile
from curation_page_curation.hosts import registrable_domain
from curation_page_curation.markup import Document
from curation_page_curation.phones import phones_on
from curation_page_curation.schema_org import marked_up
from curation_page_curation.socials import profiles_among

_WORD = re.compile(r"\w+(?:['\u2019.-]\w+)*")


def read_page(body: bytes, *, url: str, content_type: str | None = None, region: str = "US") -> Contents:
    """Read a page of HTML.

    Args:
        body: The page, of at most 2 MB or so.
        url: Where it was found, after redirects.
        content_type: The header of that name, for its charset.
        region: Where numbers without a country's code are dialled if the page does not tell, as two letters.

    Returns:
        What it says.

    Raises:
        PageError: It is made to keep its reader busy for ever.
    """
    refuse_hostile(body)
    charset, html = decoded(body, content_type)
    document = Document(html, url)
    types, marked = marked_up(document)
    lines = document.lines
    return Contents(
        charset=charset,
        sha256=sha256(body).hexdigest(),
        title=document.title,
        description=document.meta.get("description") or document.meta.get("og:description"),
        h1=document.h1,
        canonical_url=document.canonical_url,
        meta_robots=document.meta.get("robots"),
        schema_types=types,
        has_contact_form=document.has_contact_form,
        word_count=sum(1 for _ in _WORD.finditer(lines)),
        links=document.links,
        socials=profiles_among(reference for _, reference in document.references),
        emails=emails_on(document, marked, registrable_domain(url)),
        phones=phones_on(document, marked, region),
    )
