"""Addresses written so that programs do not read them, turned back."""

from __future__ import annotations

import re
from html import unescape

_AT_WORDS = r"at|@|\(at\)|ät|arroba|chez"
_DOT_WORDS = r"dot|\.|punkt|punto|point|ponto"


def _in_brackets(words: str, tag: str) -> re.Pattern[str]:
    inside = rf"[- ]?(?:{words})[- ]?"
    return re.compile(rf" {{0,3}}(?:\[{inside}\]|\({inside}\)|\{{{inside}\}}|< ?{tag} ?>) {{0,3}}", re.IGNORECASE)


_AT = _in_brackets(_AT_WORDS, "at")
_DOT = _in_brackets(_DOT_WORDS, "dot")
_SPOKEN = re.compile(
    r"(?<![\w.+-])([\w+-]{1,64}+(?: dot [\w+-]{1,64}+){0,3}+) at ([\w-]{1,63}+(?: dot [\w-]{1,63}+){1,4}+)(?![\w-])",
    re.IGNORECASE,
)
_SPOKEN_HOST = re.compile(
    r"(?<=@)[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,3}+(?: dot [\w-]{1,63}+){1,4}+(?![\w-])", re.IGNORECASE
)
_SPOKEN_DOT = re.compile(" dot ", re.IGNORECASE)
_CLOUDFLARE = re.compile(r"[0-9a-f]{4,512}", re.IGNORECASE)
_ENTITY = re.compile(r"&#?\w{2,8};")


def plain(text: str) -> str:
    """Turn ``joe [at] joes (dot) com`` and ``joe AT joes DOT com`` into addresses, and leave all else as it is.

    A bare "at" counts only with a spoken "dot" behind it, since people also write it as a word; a spoken "dot" counts
    behind any sign that is no word.

    Args:
        text: With single blanks.

    >>> plain("joe [at] joes (dot) co.uk, meet at noon, joe AT joes DOT com")
    'joe@joes.co.uk, meet at noon, joe@joes.com'
    """
    if "&" in text and _ENTITY.search(text):  # escaped once more than needed: visitors see the entity
        text = unescape(text)
    text = _AT.sub("@", text.replace("\uff20", "@").replace("\ufe6b", "@"))
    if "@" in text:
        text = _SPOKEN_HOST.sub(_dotted, _DOT.sub(".", text.replace("\uff0e", ".")))
    return _SPOKEN.sub(_joined, text)


def _joined(match: re.Match[str]) -> str:
    return "@".join(_SPOKEN_DOT.sub(".", part) for part in match.groups())


def _dotted(match: re.Match[str]) -> str:
    return _SPOKEN_DOT.sub(".", match[0])


def cloudflare(code: str) -> str | None:
    """Turn the hexadecimal that Cloudflare puts in place of an address back into it; ``None`` where it is none.

    The first byte is the key that the others are combined with.

    >>> cloudflare("422827270228322d276c212d2f")
    'jee@jpoe.com'
    """
    if len(code) % 2 or not _CLOUDFLARE.fullmatch(code):
        return None
    key, *others = bytes.fromhex(code)
    return bytes(byte ^ key for byte in others).decode("utf-8", "replace")
