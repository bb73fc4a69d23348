"""Sitemaps and indexes, RSS and Atom: entries from XML, as the parser meets them.

The parser calls back for each tag and builds no tree, which an entry that never ends would let grow without bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from curation_sitemap_import.cleaning import Cleaner
from curation_sitemap_import.entries import Entry
from curation_sitemap_import.errors import SitemapError, StopCode

ABSOLUTE = re.compile("https?://", re.IGNORECASE)
SITEMAPS_ORG = "http://www.sitemaps.org/schemas/sitemap/0.9"
ROOTS = frozenset({"urlset", "sitemapindex", "rss", "rdf", "feed"})
CONTAINERS = frozenset({"url", "sitemap", "item", "entry"})
LOCATIONS = ("loc", "link", "guid")  # the first that is there counts
DATES = ("lastmod", "pubdate", "date", "updated", "modified", "published")
LEAVES = frozenset({*LOCATIONS, *DATES})
MAX_NESTING = 64  # elements; the deepest extension known nests 6
MAX_TEXT = 8192  # characters of one location: four times what is kept
MAX_STRAY = 64  # pieces of text right inside <sitemap>; the parser hands out one for each line or reference


class XmlReader:
    """Reads one XML file, chunk by chunk."""

    def __init__(self) -> None:
        self._cleaner = Cleaner()
        self._target = _Target()
        self._broken = False
        self._parser = etree.XMLParser(
            target=self._target,  # type: ignore[arg-type]  # the stubs want bytes taken too, which never come
            encoding="utf-8",  # whatever it declares: it has been decoded
            recover=True,
            resolve_entities=False,
            no_network=True,
            huge_tree=False,
        )

    @property
    def ended(self) -> bool:
        """Whether the root element was closed: if not, the file is cut short."""
        return self._target.ended

    def read(self, text: str, *, final: bool = False) -> list[Entry]:
        """The entries that the next text completes.

        Args:
            text: The next text.
            final: Whether it is the last.

        Raises:
            SitemapError: ``html``, ``not_a_sitemap``, ``bad_xml``, ``entity_declaration`` or ``too_deep``.
        """
        mended = self._cleaner.clean(text, final=final)
        if not self._broken:
            self._parse(mended.encode(), final=final)
        if final:
            self._target.flush()
            if not self._target.began:
                message = "it begins like XML and has no element that can be read"
                raise SitemapError(StopCode.BAD_XML, message)
        return self._target.take()

    def _parse(self, data: bytes, *, final: bool) -> None:
        try:
            if data:
                self._parser.feed(data)
            if final:
                self._parser.close()
        except (etree.XMLSyntaxError, UnicodeDecodeError):  # the second for a reference to half a character
            self._broken = True  # beyond mending; what came before stays, and `ended` says that it is not all


class _Target:
    """What the parser calls. Names are compared without namespace and case: both are wrong often enough."""

    def __init__(self) -> None:
        self.began = False
        self.ended = False
        self._open: list[tuple[str, str]] = []  # name and namespace of the elements we are in
        self._fields: dict[str, str] = {}
        self._is_sitemap = False
        self._leaf_depth = 0  # of the element whose text is being taken; 0: of none
        self._text: list[str] = []
        self._length = 0
        self._stray: list[str] = []  # text right inside <sitemap>
        self._entries: list[Entry] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        space, _, name = tag.lower().rpartition("}")
        if not self.began:
            _require_root(name)
            self.began = True
        parent, parent_space = self._open[-1] if self._open else ("", "")
        self._open.append((name, space))
        if len(self._open) > MAX_NESTING:
            message = f"its elements are nested more than {MAX_NESTING} deep"
            raise SitemapError(StopCode.TOO_DEEP, message)
        if name in CONTAINERS and not self._is_wrapper():
            self.flush()
            self._is_sitemap = name == "sitemap"
        elif parent in CONTAINERS and name in LEAVES and _belongs(name, space, parent_space):
            self._begin_leaf(name, attributes)

    def end(self, _tag: str) -> None:
        depth = len(self._open)
        name, _ = self._open.pop() if self._open else ("", "")
        if depth == self._leaf_depth:
            self._leaf_depth = 0
            self._set(name, "".join(self._text))
        if name in CONTAINERS and not self._leaf_depth:
            self._set("loc", "".join(self._stray))  # a known mistake: <sitemap>https://…</sitemap>
            self.flush()
        self.ended = not self._open

    def data(self, text: str) -> None:
        if self._leaf_depth:
            if self._length < MAX_TEXT:
                self._text.append(text)
                self._length += len(text)
        elif self._is_sitemap and self._open[-1][0] == "sitemap" and len(self._stray) < MAX_STRAY:
            self._stray.append(text)

    def close(self) -> None:
        """Nothing is returned: the entries were taken on the way."""

    def flush(self) -> None:
        """Complete the entry at hand, if it has a location."""
        fields, self._fields, self._stray, self._leaf_depth = self._fields, {}, [], 0
        location = next((fields[name] for name in LOCATIONS if name in fields), None)
        if location is not None:
            date = next((fields[name] for name in DATES if name in fields), "")
            self._entries.append(Entry(location, date, self._is_sitemap))

    def take(self) -> list[Entry]:
        """The entries completed since the last time."""
        entries, self._entries = self._entries, []
        return entries

    def _is_wrapper(self) -> bool:
        """Whether the element that begins stands first in a leaf, around its text: <loc><url>https://…</url></loc>."""
        return self._leaf_depth == len(self._open) - 1 > 0 and not "".join(self._text).strip()

    def _begin_leaf(self, name: str, attributes: Mapping[str, str]) -> None:
        self._leaf_depth, self._text, self._length = len(self._open), [], 0
        if name == "link" and attributes.get("rel", "alternate") == "alternate":
            self._set("link", attributes.get("href", ""))  # Atom

    def _set(self, name: str, text: str) -> None:
        text = text.strip()
        if text and (name != "guid" or ABSOLUTE.match(text)):  # most are identifiers, whatever isPermaLink says
            self._fields.setdefault(name, text)


def _belongs(name: str, space: str, parent_space: str) -> bool:
    """Whether a child describes the entry itself, and not an image or a video of it."""
    return space in (parent_space, SITEMAPS_ORG) or name == "date"


def _require_root(name: str) -> None:
    if name == "html":
        message = "it is a web page"
        raise SitemapError(StopCode.HTML, message)
    if name not in ROOTS:
        message = f"its root element is <{name[:40]}>"
        raise SitemapError(StopCode.NOT_A_SITEMAP, message)
