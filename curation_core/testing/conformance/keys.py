"""What was sent to the outside under which idempotency key: what is not in it may be billed again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from curation_core.testing.conformance.bench import refuse
from curation_core.testing.loopback import Request

HEADERS = re.compile(r"idempoten|^(?:paypal-request-id|repeatability-request-id)$")
"""``Idempotency-Key`` is a draft of the IETF's; these are its relatives, in lower case."""
INSIDE = re.compile(rb"(idempoten[ct]\w*?[-_]?key)[\"']?\s*[:=]\s*[\"']?([^\"'&,}\s]+)", re.IGNORECASE)
"""The same in a query, a form or JSON."""
REMEDY = (
    "send attempt.idempotency_key, which every attempt of a queueing has alike and no two items share; with another "
    "word after it for each call of one item: docs/how-to/call-a-paid-api.md"
)
Call = tuple[str, str]
"""A method, and a path without its query."""
Key = tuple[str, str]
"""The name under which it is sent, and what is sent."""


def refuse_another_key(first: Iterable[Request], again: Iterable[Request], when: str) -> None:
    """Refuse calls that are made again, and under none of the keys of the first time.

    Args:
        first: What the run asked before.
        again: What the next run of the same item asked.
        when: What was in between.
    """
    before = _keys(first)
    for call, keys in _keys(again).items():
        if call in before and before[call].isdisjoint(keys):
            name, _ = next(iter(keys))
            refuse(f"{when} the item's call of {' '.join(call)} was made again with another {name}", REMEDY)


def refuse_a_shared_key(one: Iterable[Request], other: Iterable[Request]) -> None:
    """Refuse unlike calls of two items that are made under one key.

    Args:
        one: What the run of one item asked.
        other: What the run of another asked.
    """
    mine, theirs = _under_keys(one), _under_keys(other)
    under = {key for key, _ in theirs - mine}
    for key, (method, path, _) in mine - theirs:
        if key in under:
            refuse(f"two items make unlike calls, as {method} {path.partition('?')[0]}, with the same {key[0]}", REMEDY)


def _under_keys(asked: Iterable[Request]) -> set[tuple[Key, tuple[str, str, bytes]]]:
    return {(key, (request.method, request.path, request.body)) for request in asked for key in _in(request)}


def _keys(asked: Iterable[Request]) -> Mapping[Call, set[Key]]:
    found: defaultdict[Call, set[Key]] = defaultdict(set)
    for request in asked:
        found[request.method, request.path.partition("?")[0]].update(_in(request))
    return {call: keys for call, keys in found.items() if keys}


def _in(request: Request) -> Iterator[Key]:
    yield from ((name, value) for name, value in request.headers.items() if HEADERS.search(name))
    for name, value in INSIDE.findall(request.path.partition("?")[2].encode() + b"\n" + request.body):
        yield name.decode(), value.decode(errors="replace")
