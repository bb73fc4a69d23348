"""Tells a sitemap by its first bytes: names and content types say little, and status 200 says nothing at all."""

from __future__ import annotations

import codecs
import re
import zlib
from typing import Literal

SitemapType = Literal["INDEX", "STANDARD"]

HEAD = 4096
"""Bytes that are looked at."""

_ROOT = re.compile(r"<(?:[\w.-]+:)?(urlset|sitemapindex|rss|feed|html|!doctype html)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+\s*$", re.IGNORECASE)
_TYPES: dict[str, SitemapType] = {
    "urlset": "STANDARD",
    "rss": "STANDARD",
    "feed": "STANDARD",
    "sitemapindex": "INDEX",
}


def type_of(head: bytes) -> SitemapType | None:
    """What kind of sitemap begins so; ``None`` where it is none.

    Args:
        head: The first bytes of an answer, `HEAD` of them if it has so many.

    >>> type_of(b"<!doctype html><title>Not found</title>"), type_of(b"<urlset><url>"), type_of(b"https://a.example/x")
    (None, 'STANDARD', 'STANDARD')
    """
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD)
        except zlib.error:
            return None
    text = _decoded(head).lstrip("\ufeff \t\r\n")
    if root := _ROOT.search(text):
        return _TYPES.get(root[1].lower())
    lines = text.splitlines()
    return "STANDARD" if lines and _ADDRESS.match(lines[0]) else None


def _decoded(head: bytes) -> str:
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return head.decode("utf-16" if wide else "utf-8", "replace")
