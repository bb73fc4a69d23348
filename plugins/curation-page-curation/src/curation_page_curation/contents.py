"""What a page says: the result of reading it. Plain data, which goes through a pipe as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

EmailKind = Literal["SERVICE", "CORPORATE", "FREE", "UNKNOWN"]


@dataclass(frozen=True, slots=True)
class Email:
    """An address that the page shows.

    Args:
        address: In lower case.
        kind: Whose it seems to be.
        how: Where it stood: ``mailto``, ``text``, ``cfemail``, ``obfuscated``, ``json-ld`` or ``microdata``.
        context: Up to 50 characters before and after it, where it stands in the text.
        name: Of the person it belongs to, where the page marks it as such.
    """

    address: str
    kind: EmailKind
    how: str
    context: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number that the page shows.

    Args:
        number: E.164.
        how: Where it stood: ``tel``, ``text``, ``whatsapp``, ``json-ld`` or ``microdata``.
        shown: As the page writes it.
    """

    number: str
    how: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that is read from a page. ``None`` stands for what it does not say.

    Args:
        charset: The encoding it was decoded from.
        sha256: Of its bytes, in hexadecimal.
        title: Of the document.
        description: The meta description, or else Open Graph's.
        h1: The first top heading.
        canonical_url: Where the page says it belongs, absolute.
        meta_robots: What it tells robots.
        schema_types: The types of schema.org that it names.
        has_contact_form: Whether it has a form to write to its owner.
        word_count: Words that a visitor sees.
        links: Addresses it links to, absolute, each once, the first of them.
        socials: Profiles in social networks.
        emails: Addresses, those that nobody reads last.
        phones: Numbers.
    """

    charset: str
    sha256: str
    title: str | None = None
    description: str | None = None
    h1: str | None = None
    canonical_url: str | None = None
    meta_robots: str | None = None
    schema_types: list[str] = field(default_factory=list)
    has_contact_form: bool = False
    word_count: int = 0
    links: list[str] = field(default_factory=list)
    socials: list[str] = field(default_factory=list)
    emails: list[Email] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As values that JSON has."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """From what `to_json` gave."""
        emails = [Email(**email) for email in values["emails"]]
        phones = [Phone(**phone) for phone in values["phones"]]
        return cls(**{**values, "emails": emails, "phones": phones})
