"""Looks at a page before it is parsed: two shapes of markup take a parser time that grows with their square.

The looks are quick and rough. What gets past them is stopped by the clock of the process that reads pages.
"""

from __future__ import annotations

import re

from curation_page_curation.errors import PageError, StopCode

MAX_DEPTH = 3_000
"""Opened minus closed tags. 60,000 nested elements took selectolax 3.4 s, and 3,000 take it 8 ms."""
MAX_EQUALS = 2_000
"""Equals signs in one tag. 50,000 attributes took selectolax 3.7 s, and 2,000 take it 6 ms."""
BLOCK = 65_536

_NEVER_DEEP = "area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|param|source|td|th|tr|track|wbr"
_OPENED = re.compile(  # what stands behind the name tells an element from a comparison in a script
    rf"<(?!(?:{_NEVER_DEEP})\b)[a-z][a-z0-9-]*+(?=[\s/>])".encode(), re.IGNORECASE
)
_LONG_TAG = re.compile(rb"<[a-z][^<>]{%d}[^<>]*+" % (2 * MAX_EQUALS), re.IGNORECASE)


def refuse_hostile(body: bytes) -> None:
    """Refuse a page whose shape is an attack on its parser.

    Args:
        body: The page.

    Raises:
        PageError: ``too_deep`` or ``too_many_attributes``.
    """
    if body.count(b"<") > MAX_DEPTH:
        depth = 0
        for start in range(0, len(body), BLOCK):
            block = body[start : start + BLOCK]
            depth += len(_OPENED.findall(block)) - block.count(b"</") - block.count(b"/>")
            depth = max(depth, 0)
            if depth > MAX_DEPTH:
                text = f"more than {MAX_DEPTH} elements are open at once"
                raise PageError(StopCode.TOO_DEEP, text)
    for tag in _LONG_TAG.finditer(body):
        if tag[0].count(b"=") > MAX_EQUALS:
            text = f"an element has more than {MAX_EQUALS} attributes"
            raise PageError(StopCode.TOO_MANY_ATTRIBUTES, text)
