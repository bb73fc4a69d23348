"""From a page's bytes to its text."""

from __future__ import annotations

from charset_normalizer import from_bytes
from w3lib.encoding import html_to_unicode

DETECTED_FROM = 20_000
"""Bytes that a guess looks at."""


def decoded(body: bytes, content_type: str | None) -> tuple[str, str]:
    """Decode a page as browsers do: by its byte order mark, its header, its own word, and else by a guess.

    Args:
        body: The page.
        content_type: The header of that name, if there is one.

    Returns:
        The name of the encoding, and the text, in which what can't be decoded is replaced.

    >>> decoded("<p>Café".encode("utf-8"), "text/html")
    ('utf-8', '<p>Café')
    """
    return html_to_unicode(content_type, body, auto_detect_fun=_detected)


def _detected(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(body[:DETECTED_FROM]).best()
        return best.encoding if best else "cp1252"
    return "utf-8"
