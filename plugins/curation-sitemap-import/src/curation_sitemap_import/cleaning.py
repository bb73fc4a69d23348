"""From the text people publish to text that XML allows."""

from __future__ import annotations

import re
import sys
from html.entities import html5

from curation_sitemap_import.errors import SitemapError, StopCode

ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
AMPERSAND = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)?")
STRAY_LESS_THAN = re.compile(r"<(?![A-Za-z_:/!?\x80-\U0010ffff])")
XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
CDATA, CDATA_END, ENTITY = "<![CDATA[", "]]>", "<!ENTITY"
LONGEST_REFERENCE = 34  # characters, the ampersand and the semicolon included


class Cleaner:
    """Mends one XML text, chunk by chunk: forbidden characters, bare ampersands, HTML's entities, stray brackets."""

    def __init__(self) -> None:
        self._held = ""
        self._in_cdata = False

    def clean(self, text: str, *, final: bool = False) -> str:
        """The next text, mended.

        Args:
            text: The next text.
            final: Whether it is the last.

        Returns:
            Text that XML allows. Up to `LONGEST_REFERENCE` characters are held back until what follows is known.

        Raises:
            SitemapError: ``entity_declaration``. Refused wherever it stands, a comment or CDATA included: what a
                cleaner takes for a comment, a parser may not.
        """
        text = self._held + without_forbidden(text)
        if ENTITY in text:
            message = "it declares entities"
            raise SitemapError(StopCode.ENTITY_DECLARATION, message)
        cut = len(text) if final else self._safe_length(text)
        text, self._held = text[:cut], text[cut:]
        done: list[str] = []
        at = 0
        while at < len(text):
            mark = CDATA_END if self._in_cdata else CDATA
            found = text.find(mark, at)
            end = len(text) if found < 0 else found
            done += (text[at:end] if self._in_cdata else mended(text[at:end]), mark if found >= 0 else "")
            self._in_cdata ^= found >= 0
            at = end + len(mark)
        return "".join(done)

    @staticmethod
    def _safe_length(text: str) -> int:
        tail = max(len(text) - LONGEST_REFERENCE, 0)
        return min((at for mark in "&<]" if (at := text.find(mark, tail)) >= 0), default=len(text))


def without_forbidden(text: str) -> str:
    """A text without what XML forbids; a byte that did not decode is read as Latin-1, which it mostly is."""
    if FORBIDDEN.search(text) is None:
        return text
    return FORBIDDEN.sub("", ESCAPED_BYTE.sub(lambda match: chr(ord(match[0]) - 0xDC00), text))


def mended(text: str) -> str:
    """Markup outside CDATA, with every ampersand and bracket as XML wants it.

    >>> mended("<loc>/caf&eacute;?a=1&b=2&amp;c</loc>")
    '<loc>/café?a=1&amp;b=2&amp;c</loc>'
    """
    if "&" in text:
        text = AMPERSAND.sub(_reference, text)
    return STRAY_LESS_THAN.sub("&lt;", text)


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    if name in XML_ENTITIES:
        return match[0]
    if name and name.startswith("#"):
        return _character(name)
    meant = html5.get(name) if name else None
    if meant is None:
        return f"&amp;{name or ''}"
    return meant.replace("&", "&amp;").replace("<", "&lt;")


def _character(name: str) -> str:
    number = int(name[2:-1], 16) if name[1] in "xX" else int(name[1:-1])
    if number > sys.maxunicode or FORBIDDEN.match(chr(number)):
        return ""
    return f"&{name}"
