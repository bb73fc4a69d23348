"""What a page says in JSON-LD and microdata: its types, and the addresses and numbers it marks as such."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborNode

from curation_page_curation.markup import Document, attribute, text_of
from curation_page_curation.texts import kept

MAX_VALUES = 20_000
"""Values of JSON-LD that are looked at."""
MAX_TYPES = 100

_COMMENT = re.compile(
    r'("(?:[^"\\]|\\.)*+"?)|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|<!--|-->|<!\[CDATA\[|\]\]>', re.DOTALL
)
_HANGING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+"?)|,(?=\s*+[}\]])', re.DOTALL)
_EMAIL, _PHONE = "email", "telephone"


@dataclass(frozen=True, slots=True)
class Marked:
    """An address or a number that a page marks as such.

    Args:
        kind: ``email`` or ``telephone``.
        value: As it is written.
        how: ``json-ld`` or ``microdata``.
        owner: The person it belongs to, by name.
    """

    kind: str
    value: str
    how: str
    owner: str | None = None


def marked_up(document: Document) -> tuple[list[str], list[Marked]]:
    """The types of schema.org that a page names, and what it marks as addresses and numbers.

    Args:
        document: The page.
    """
    types: dict[str, None] = {}
    found: list[Marked] = []
    for thing in _things(document):
        for name in _texts(thing.get("@type")):
            types.setdefault(_short(name))
        found += _marked_in(thing)
    for node in document.tree.css("[itemtype]"):
        for name in attribute(node, "itemtype").split():
            types.setdefault(_short(name))
    found += _microdata(document)
    return [name for name in types if name][:MAX_TYPES], found


def _things(document: Document) -> Iterator[dict[str, Any]]:
    """Every object in every block of JSON-LD, however deep."""
    left = MAX_VALUES
    for node in document.tree.css("script[type]"):
        if attribute(node, "type").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        values = [_parsed(node.text())]
        while values and left:
            left -= 1
            value = values.pop()
            if isinstance(value, list):
                values += reversed(value)
            elif isinstance(value, dict):
                yield value
                values += reversed(value.values())


def _parsed(source: str) -> Any:
    """What a block of JSON-LD says; nothing where it can't be read, with the comments that people put in taken out."""
    for text in (source, _HANGING_COMMA.sub(r"\1", _COMMENT.sub(r"\1", source)).strip().rstrip(";")):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _marked_in(thing: dict[str, Any]) -> Iterator[Marked]:
    emails, phones = _texts(thing.get("email")), _texts(thing.get(_PHONE)) + _texts(thing.get("phone"))
    is_person = any(_short(name) == "Person" for name in _texts(thing.get("@type")))
    owner = next(iter(_texts(thing.get("name"))), None) if is_person else None
    for email in emails:
        yield Marked(_EMAIL, email, "json-ld", kept(owner, 200))
    for phone in phones:
        yield Marked(_PHONE, phone, "json-ld")


def _microdata(document: Document) -> Iterator[Marked]:
    for node in document.tree.css("[itemprop]"):
        for kind in attribute(node, "itemprop").lower().split():
            if kind not in {_EMAIL, _PHONE}:
                continue
            value = attribute(node, "content") or attribute(node, "href") or text_of(node)
            yield Marked(kind, value, "microdata", _person_around(node) if kind == _EMAIL else None)


def _person_around(node: LexborNode) -> str | None:
    above = node.parent
    while above is not None and above.tag != "html":
        if kind := attribute(above, "itemtype"):
            name = above.css_first('[itemprop~="name"]') if _short(kind) == "Person" else None
            return kept(attribute(name, "content") or text_of(name), 200) if name else None
        above = above.parent
    return None


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def _short(name: str) -> str:
    """The last part of a type's address: ``https://schema.org/Dentist`` and ``schema:Dentist`` are ``Dentist``."""
    return kept(re.split(r"[/#:]", name.strip().rstrip("/"))[-1], 100) or ""
