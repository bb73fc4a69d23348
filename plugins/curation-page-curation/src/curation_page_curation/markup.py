"""The parsed page, and what its markup says: head, headings, links, forms and the text a visitor sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from curation_page_curation.hosts import absolute
from curation_page_curation.texts import kept, seen

MAX_LINKS = 500

_UNSEEN = frozenset(
    {"script", "style", "template", "textarea", "title", "iframe", "noembed", "noframes", "svg", "math"}
)
_INLINE = frozenset(
    (
        *("abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins"),
        *("kbd", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub"),
        *("sup", "time", "tt", "u", "var", "wbr", "-comment"),
    )
)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_REVERSING = re.compile(r"unicode-bidi\s*:\s*(?:bidi-override|isolate-override)", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w-]@[\w-]+\.[^\W\d_]{2}")
_BLANKS = re.compile(r"\s+")
_BLANKS_IN_LINE = re.compile(r"[^\S\n]+")
_FIELDS = frozenset({"text", "tel", "number", "url", ""})


class Document:
    """A parsed page.

    Args:
        html: Its text.
        url: Where it was found.
    """

    def __init__(self, html: str, url: str) -> None:
        self.tree = LexborHTMLParser(html)
        self.url = url
        base = self.tree.css_first("base[href]")
        self.base = (base and absolute(attribute(base, "href"), url)) or url

    @property
    def title(self) -> str | None:
        """The first title that is not a drawing's."""
        drawn = {node.mem_id for node in self.tree.css("svg title")}
        node = next((node for node in self.tree.css("title") if node.mem_id not in drawn), None)
        return kept(node.text()) if node else None

    @property
    def h1(self) -> str | None:
        """The first top heading that says something; a picture says what stands in its place."""
        for node in self.tree.css("h1"):
            picture = node.css_first("img[alt]")
            if said := kept(text_of(node)) or (picture and kept(attribute(picture, "alt"))):
                return said
        return None

    @property
    def canonical_url(self) -> str | None:
        """Where the page says it belongs."""
        node = next((link for link in self.tree.css("link[rel][href]") if _has_word(link, "rel", "canonical")), None)
        return absolute(attribute(node, "href"), self.base) if node else None

    @cached_property
    def meta(self) -> dict[str, str]:
        """What the meta elements say, by their name or property in lower case; the first of each counts."""
        said: dict[str, str] = {}
        for node in self.tree.css("meta[content]"):
            name = (attribute(node, "name") or attribute(node, "property")).strip().lower()
            content = kept(attribute(node, "content"))
            if name and content:
                said.setdefault(name, content)
        return said

    @cached_property
    def references(self) -> list[tuple[LexborNode, str]]:
        """Every element that leads somewhere, with what its ``href`` says."""
        return [(node, attribute(node, "href").strip()) for node in self.tree.css("a[href], area[href]")]

    @property
    def links(self) -> list[str]:
        """Where the page leads, absolute, each once, the first `MAX_LINKS`."""
        found: dict[str, None] = {}
        for _, reference in self.references:
            if len(found) == MAX_LINKS:
                break
            if not reference.startswith("#") and (url := absolute(reference, self.base)):
                found.setdefault(url)
        return list(found)

    @property
    def has_contact_form(self) -> bool:
        """Whether a form asks for a message, or for an address and something beside it."""
        return any(_asks_for_a_message(form) for form in self.tree.css("form"))

    @cached_property
    def lines(self) -> str:
        """What a visitor reads, one line for each block."""
        parts: list[str] = []
        turned = self._turned()
        block_of: dict[int, int] = {}
        unseen: dict[int, bool] = {}
        last = -1
        root = self.tree.root
        for node in root.traverse(include_text=True) if root else ():
            tag = node.tag
            if tag == "br":
                parts.append("\n")
            if tag != "-text" or (parent := node.parent) is None:
                continue
            block = self._block(parent, block_of, unseen, turned)
            if unseen[parent.mem_id]:
                continue
            if block != last:
                parts.append("\n")
                last = block
            text = _BLANKS.sub(" ", node.text_content or "")
            if "@" in text and _ADDRESS.search(text):  # a label before it, set apart by a style alone, is no part of it
                text = f" {text} "
            parts.append(text[::-1] if turned.get(parent.mem_id) else text)
        return _BLANKS_IN_LINE.sub(" ", seen("".join(parts)))

    def _turned(self) -> dict[int, bool]:
        """Inline elements that a style hides (``False``) or shows backwards (``True``): both mislead programs."""
        styled: dict[int, bool] = {}
        for node in self.tree.css("span[style], b[style], i[style], em[style], bdo[style]"):
            style = attribute(node, "style")
            if _HIDING.search(style):
                styled[node.mem_id] = False
            elif _REVERSING.search(style):
                styled[node.mem_id] = True
        return styled

    @staticmethod
    def _block(node: LexborNode, block_of: dict[int, int], unseen: dict[int, bool], turned: dict[int, bool]) -> int:
        """The block an element belongs to. Fills both tables for it and all it stands in, so each is climbed once."""
        climbed: list[tuple[int, str]] = []
        above: LexborNode | None = node
        while above is not None and above.mem_id not in block_of:
            climbed.append((above.mem_id, above.tag or ""))
            above = above.parent
        block = block_of[above.mem_id] if above is not None else 0
        hidden = unseen[above.mem_id] if above is not None else False
        for key, tag in reversed(climbed):
            block = block if tag in _INLINE else key
            hidden = hidden or tag in _UNSEEN or turned.get(key) is False
            block_of[key], unseen[key] = block, hidden
        return block


def attribute(node: LexborNode, name: str) -> str:
    """An attribute's value; nothing where there is none."""
    return node.attrs.get(name) or ""


def text_of(node: LexborNode) -> str:
    """The text in an element; where a block or a line begins in it, a blank stands."""
    parts = (each.text_content or "" if each.tag == "-text" else " " for each in _shown(node))
    return seen("".join(parts))


def _shown(node: LexborNode) -> Iterator[LexborNode]:
    for each in node.traverse(include_text=True):
        inside = each.parent.tag if each.parent else None
        if each.tag not in _INLINE and inside not in _UNSEEN:
            yield each


def _has_word(node: LexborNode, name: str, word: str) -> bool:
    return word in attribute(node, name).lower().split()


def _asks_for_a_message(form: LexborNode) -> bool:
    kinds = [attribute(field, "type").lower() for field in form.css("input")]
    if "password" in kinds:
        return False
    about = f"{attribute(form, 'id')} {attribute(form, 'class')} {attribute(form, 'action')}".lower()
    if "comment" in about or "search" in about:
        return False
    if form.css_first("textarea"):
        return True
    return "email" in kinds and any(kind in _FIELDS for kind in kinds)
