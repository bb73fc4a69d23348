"""Why a settle did not come through, where the database was there: what its caller must tell apart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError, InterfaceError

from curation_core._cancelling import cancelled_from_outside
from curation_core._store.connections import is_hindered, is_passing
from curation_core.claims import Verdict
from curation_core.errors import CurationError


class SaveError(CurationError):
    """``save_result`` raised, whatever it was; its cause says what. Nothing was committed.

    Args:
        saving: The verdicts whose results were saved together.
    """

    def __init__(self, saving: Sequence[Verdict]) -> None:
        super().__init__(f"save_result raised for one of {len(saving)} items")


class SaveLockedError(CurationError):
    """``save_result`` waited too long for a lock on something that it writes. Nothing was committed."""


class HinderedError(CurationError):
    """A statement was cancelled by a time limit, or deadlocked, and its connection lives. Nothing was committed.

    It passes by itself, unless the item's own writes are the reason: those take longer than a statement may, say.
    """


class RefusedError(CurationError):
    """The table refuses the status that an item is to have, by a constraint or a trigger. Nothing was committed."""


def is_ours(error: BaseException) -> bool:
    """Whether what came out of a plugin's code is the database's or the host's doing, and not the plugin's."""
    if isinstance(error, asyncio.CancelledError):
        return cancelled_from_outside()
    if isinstance(error, InterfaceError) and not error.connection_invalidated:
        return False  # the driver refused to send it: more parameters than the protocol has numbers for, mostly
    return isinstance(error, DBAPIError) and is_passing(error)


def raise_if_hindered(error: BaseException) -> None:
    """Tell a statement that was stopped on a living connection from one whose connection died.

    Raises:
        HinderedError: It was.
    """
    if isinstance(error, DBAPIError) and not error.connection_invalidated and is_hindered(error):
        message = f"a statement of the settle was stopped: {error.orig}"
        raise HinderedError(message) from error
