"""What a robots.txt says: which sitemaps there are, what may be asked for, and how often (RFC 9309).

Patterns are matched piece by piece and not as regular expressions: those can be made to take for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Robots:
    """What a file says to one robot. Without arguments: all is allowed, as where there is no file.

    Args:
        sitemaps: The locations that it names, as they are written.
        rules: Patterns, and whether they allow or disallow.
        delay: Seconds between two requests, if it asks for any.
    """

    sitemaps: tuple[str, ...] = ()
    rules: tuple[tuple[str, bool], ...] = ()
    delay: float = 0

    def allows(self, path: str) -> bool:
        """Whether a path, with its query, may be asked for: the longest pattern decides, of two the allowing one.

        >>> Robots(rules=(("/private", False), ("/private/*.xml$", True))).allows("/private/a.xml")
        True
        """
        deciding = [(len(pattern), allowed) for pattern, allowed in self.rules if matches(pattern, path)]
        return max(deciding)[1] if deciding else True


def read_robots(text: str, name: str) -> Robots:
    r"""Read a file.

    Args:
        text: What it says.
        name: The name by which it may address us. Rules for this name count, else those for ``*``.

    >>> read_robots("User-agent: *\nDisallow: /a\nSitemap: /s.xml", "us")
    Robots(sitemaps=('/s.xml',), rules=(('/a', False),), delay=0)
    """
    sitemaps: dict[str, None] = {}
    rules: dict[str, list[tuple[str, bool]]] = {}
    delays: dict[str, float] = {}
    names: list[str] = []
    in_rules = True
    for field, value in _lines(text):
        match field:
            case "sitemap" if value:
                sitemaps[value] = None
            case "user-agent":
                names = [*([] if in_rules else names), value.lower()]
                rules.setdefault(names[-1], [])
                in_rules = False
            case "allow" | "disallow" | "crawl-delay":
                in_rules = True
                for each in names:
                    if field == "crawl-delay":
                        delays[each] = _seconds(value)
                    elif value:
                        rules[each].append((value, field == "allow"))
    ours = name.lower() if name.lower() in rules else "*"
    return Robots(tuple(sitemaps), tuple(rules.get(ours, ())), delays.get(ours, 0))


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern, in which ``*`` stands for anything and a final ``$`` for the end, fits a path.

    >>> matches("/*.xml$", "/a/b.xml"), matches("/*.xml$", "/a.xml.gz"), matches("/a", "/ab"), matches("/a$", "/ab")
    (True, False, True, False)
    """
    whole = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = others.pop() if whole and others else ""
    for piece in others:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if not whole:
        return True
    return path[at:].endswith(last) if "*" in pattern else at == len(path)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        field, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield field.strip().lower(), value.strip()


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return 0
    return seconds if isfinite(seconds) and seconds > 0 else 0
