"""Why a file that arrived is not read as a sitemap."""

from __future__ import annotations

from enum import StrEnum


class StopCode(StrEnum):
    """The short stable word for it. None of them is cured by another try."""

    TOO_LARGE = "too_large"  # more bytes, unpacked, than a sitemap may have
    GZIP_BOMB = "gzip_bomb"  # unpacks to more than anything honest does
    BAD_GZIP = "bad_gzip"  # says it is gzip, and is not
    HTML = "html"  # a web page: a redirect to the home page, a login, a block
    NOT_A_SITEMAP = "not_a_sitemap"  # other XML, JSON, an image, prose
    BAD_XML = "bad_xml"  # begins like XML, and nothing in it can be read
    EMPTY = "empty"  # no bytes, or blanks only
    ENTITY_DECLARATION = "entity_declaration"  # declares entities: an attack, never a sitemap
    TOO_DEEP = "too_deep"  # elements, or indexes, nested too deep


class SitemapError(Exception):
    """A file that is no sitemap, or one that must not be read on.

    Args:
        code: The stable word.
        text: What was found, for a person.
    """

    def __init__(self, code: StopCode, text: str) -> None:
        self.code = code
        super().__init__(f"{code}: {text}")
