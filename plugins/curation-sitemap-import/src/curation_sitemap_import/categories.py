"""What a page is likely to be, from its URL: the rules, as data.

`HONEYBEE` are the rules that the lead-curation back end's users know, kept exactly, quirks included: ``?shop=12``
counts as WordPress there. `WIDER` is the second, opt-in set: it knows more spellings of a contact page, and
WordPress's parameter by its whole name. In both, the first rule that matches decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlparse

UNKNOWN = "unknown"
SELECTED_CATEGORIES = frozenset({"contact_root", "career_contact", "legal_root"})
SELECTED_CONFIDENCE = 0.6  # from here on a page is selected, and has priority 1
SELECTED_DEPTH = 2  # path segments; deeper pages wait for a person
FILTERED_CONFIDENCE = 0.2  # below it a page is stored and not worked


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a rule set.

    Args:
        pattern: Searched for in the path, or in path and query.
        category: What a page that matches is taken for.
        confidence: How sure that is, from 0 to 1.
        name: What goes into the page's record; empty for a rule that skips.
        with_query: Whether the query is looked at too.
    """

    pattern: re.Pattern[str]
    category: str = UNKNOWN
    confidence: float = 0.0
    name: str = ""
    with_query: bool = False

    @property
    def skips(self) -> bool:
        """Whether a page that matches is not worth working."""
        return self.confidence == 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a page: the same for many pages, and all that they share.

    Args:
        category: The page's type.
        confidence: How sure that is.
        matched: The name of the rule, if one matched.
        skipped: Whether a rule said that the page is not worth working.
        selected: Whether it is selected without a person.
    """

    category: str
    confidence: float
    matched: str | None
    skipped: bool
    selected: bool

    @property
    def curation_status(self) -> str:
        """The person's status that the page begins with."""
        return "Selected" if self.selected else "New"

    @property
    def processing_status(self) -> str:
        """The machine's status that the page begins with: Complete means stored, not queued."""
        if self.selected:
            return "Queued"
        return "Filtered" if self.skipped or self.confidence < FILTERED_CONFIDENCE else "Complete"

    @property
    def priority(self) -> int:
        """1 for pages that are worth it, 3 for the rest."""
        return 1 if self.confidence >= SELECTED_CONFIDENCE else 3

    @property
    def record(self) -> dict[str, Any]:
        """The decision in the form of the column ``honeybee_json``, version 1."""
        decision = {"category": self.category, "confidence": self.confidence, "matched_regex": self.matched}
        return {"v": 1, "decision": decision, "exclusions": ["rule_hit"] if self.skipped else []}


def _rule(pattern: str, category: str = UNKNOWN, confidence: float = 0.0, name: str = "") -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), category, confidence, name or ("" if not confidence else category))


def _query_rule(pattern: str, category: str, confidence: float, name: str) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), category, confidence, name, with_query=True)


_SUBPAGES = (
    _rule(r"^/blog/.+"),
    _rule(r"^/about(-us)?/.+"),
    _rule(r"^/contact(-us)?/.+"),
    _rule(r"^/services?/.+"),
)
_CAREER = _rule(r"^/(career|careers|jobs?|recruit)[^/]*/?contact[^/]*/*$", "career_contact", 0.7)
_LEGAL = _rule(r"^/legal/(privacy|terms)(/|$)", "legal_root", 0.6)

HONEYBEE = (
    *_SUBPAGES,
    _rule(r"\.(pdf|jpg|jpeg|png|gif|mp4|avi)$"),
    _rule(r"^/contact(-us)?/?$", "contact_root", 0.9),
    _CAREER,
    _LEGAL,
    _query_rule(r"/wp-(content|admin|includes)|\?.*p=\d+(&|$)", "wp_prospect", 0.9, "wp_signal"),
)

WIDER = (
    *_SUBPAGES,
    _rule(r"\.(pdf|jpe?g|png|gif|webp|svg|ico|mp4|avi|mov|mp3|zip|docx?|xlsx?|pptx?)$"),
    _rule(r"^/([a-z]{2}(-[a-z]{2})?/)?(contact(-?us)?|kontakt)(\.(php|html?|aspx?))?/?$", "contact_root", 0.9),
    _CAREER,
    _LEGAL,
    _rule(r"^/([a-z]{2}(-[a-z]{2})?/)?(impressum|imprint)(\.(php|html?|aspx?))?/?$", "legal_root", 0.6),
    _query_rule(r"/wp-(content|admin|includes)|[?&]p=\d+(&|$)", "wp_prospect", 0.9, "wp_signal"),
)

RULE_SETS: Mapping[str, tuple[Rule, ...]] = MappingProxyType({"honeybee": HONEYBEE, "wider": WIDER})


def decide(url: str, rules: tuple[Rule, ...]) -> tuple[Decision, int]:
    """What becomes of a page.

    Args:
        url: The page's URL, as it is kept.
        rules: The rule set.

    Returns:
        The decision, and how many segments the path has.

    >>> decision, depth = decide("https://example.com/contact/", HONEYBEE)
    >>> decision.category, decision.processing_status, depth
    ('contact_root', 'Queued', 1)
    """
    parsed = urlparse(url)  # which takes ";…" off the path: /contact;jsessionid=1 has always been a contact page
    path = parsed.path or "/"
    subject = f"{path}?{parsed.query}" if parsed.query else path
    depth = sum(1 for segment in path.split("/") if segment)
    for rule in rules:
        if rule.pattern.search(subject if rule.with_query else path):
            selected = (
                rule.category in SELECTED_CATEGORIES
                and rule.confidence >= SELECTED_CONFIDENCE
                and depth <= SELECTED_DEPTH
            )
            return Decision(rule.category, rule.confidence, rule.name or None, rule.skips, selected), depth
    return Decision(UNKNOWN, 0.2, None, skipped=False, selected=False), depth
