"""Which links lead to a profile in a social network."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ada_url import URL

from curation_page_curation.hosts import absolute, registrable_domain

MAX_PROFILES = 50
NETWORKS = frozenset(
    (
        *("facebook.com", "fb.com", "instagram.com", "linkedin.com", "twitter.com", "x.com", "threads.net"),
        *("tiktok.com", "youtube.com", "vimeo.com", "pinterest.com", "snapchat.com", "bsky.app", "xing.com"),
        *("yelp.com", "t.me", "vk.com", "nextdoor.com"),
    )
)
_PROFILE = re.compile(
    r"/(?!(?:share|sharer|sharearticle|intent|dialog|plugins|pin/create|home|search|hashtag|watch|embed|tr|login)\b)[^/]",
    re.IGNORECASE,
)


def profiles_among(references: Iterable[str]) -> list[str]:
    """The profiles that links lead to, each once; what shares this page, or plays a video, is none.

    Args:
        references: What the links say.

    >>> profiles_among(["//www.facebook.com/joes", "https://x.com/share?url=a", "https://joes.com/"])
    ['https://www.facebook.com/joes']
    """
    found: dict[str, None] = {}
    for reference in references:
        if len(found) == MAX_PROFILES:
            break
        if "//" not in reference:
            continue
        url = absolute(reference, "https://none.invalid/")
        if url and registrable_domain(url) in NETWORKS and _PROFILE.match(URL(url).pathname):
            found.setdefault(url)
    return list(found)
