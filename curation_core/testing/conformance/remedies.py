"""Remedies for errors that name their cause, in whichever check they are seen."""

from __future__ import annotations

import re

NOT_LOADED = re.compile(
    r"DetachedInstanceError|MissingGreenlet|greenlet_spawn has not been called|lazy load operation of attribute"
)
"""As SQLAlchemy 2 says it where an attribute is read that is not loaded: https://sqlalche.me/e/20/bhk3 and xd2s."""
ASK = (
    "an item has the columns of its table and no related rows, and with async sessions nothing is loaded because an "
    "attribute is read. Ask for related rows by a statement: select(…) where their foreign key is the item's key, or "
    "select(Model).options(selectinload(…)); in save_result with its session, in process_item with `async with "
    "sessions() as session:` and the sessions that lifespan(settings, sessions) takes, closed before any call to the "
    "outside"
)


def remedy_for(problem: str, usual: str) -> str:
    """The remedy of an error that the problem quotes, if there is one that is better than the check's own.

    Args:
        problem: What was seen.
        usual: What the check says.
    """
    return ASK if NOT_LOADED.search(problem) else usual
