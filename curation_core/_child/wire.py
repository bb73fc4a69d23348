"""What host and child say to each other: pickled messages, each with its length before it."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curation_core.errors import NotSendable

LENGTH = struct.Struct("!I")
LONGEST = 64 * 2**20
"""Bytes of one message. A result is unpickled on the host's event loop, which a longer one would hold up."""


@dataclass(frozen=True, slots=True)
class Order:
    """The first message to a child: what it is to run.

    Args:
        name: The workflow's name.
        reference: Its plugin, as ``package.module`` or ``package.module:attribute``.
        settings: The plugin's own settings, pickled: they can be read once the plugin is loaded.
        memory_limit: Bytes that the child may have, 0 for any number.
        log_level: Below it nothing needs to be sent.
    """

    name: str
    reference: str
    settings: bytes
    memory_limit: int
    log_level: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item to run.

    Args:
        payload: The row and its `Attempt`, pickled.
        names: The names that the host puts on the item's log lines.
    """

    payload: bytes
    names: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Ready:
    """The plugin is loaded and its ``lifespan`` entered."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The plugin could not be loaded, or its ``lifespan`` not entered.

    Args:
        fault: Why.
    """

    fault: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an item.

    Args:
        payload: What it returned, pickled.
        memory: Bytes in use after the item; 0 where the system can't tell.
        raised: Whether the payload is what it raised instead, with the traceback's text.
        is_last: Whether the child should have no further item: it ran out of memory.
    """

    payload: bytes
    memory: int
    raised: bool = False
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was logged.

    Args:
        fields: Of the log record.
        names: The names of the place where it was logged.
    """

    fields: Mapping[str, Any]
    names: Mapping[str, str | int]


def packed(message: object) -> bytes:
    """A message as it is sent.

    Raises:
        NotSendable: It is longer than `LONGEST`.
    """
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    if len(body) > LONGEST:
        text = f"it takes {len(body) / 2**20:.0f} MiB, and {LONGEST / 2**20:.0f} MiB is the most that is sent"
        raise NotSendable(text)
    return LENGTH.pack(len(body)) + body


def require_possible(length: int) -> None:
    """Refuse a length that nobody sends: a child whose memory was overwritten may say anything.

    Raises:
        ValueError: It is longer than `LONGEST`.
    """
    if length > LONGEST:
        text = f"a message of {length} bytes is announced"
        raise ValueError(text)


def pickled(value: Any, what: str) -> bytes:
    """A plugin's value as bytes.

    Raises:
        NotSendable: It can't be pickled, or is too long. The message begins with ``what``.
        MemoryError: There is no memory left to do it.
    """
    try:
        payload = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except BaseException as error:
        raise _not_sendable(what, error) from error
    if len(payload) > LONGEST - 2**16:  # what is around it in its message is far shorter
        text = f"{what} can't be sent between processes: it takes {len(payload) / 2**20:.0f} MiB, more than 64"
        raise NotSendable(text)
    return payload


def unpickled(payload: bytes, what: str) -> Any:
    """A plugin's value from its bytes.

    Raises:
        NotSendable: It can't be made again, or makes another process's class necessary. As in `pickled`.
        MemoryError: There is no memory left to do it.
    """
    try:
        return pickle.loads(payload)  # noqa: S301 - from our own child, which runs the same plugin
    except MemoryError:
        raise
    except BaseException as error:
        raise _not_sendable(what, error) from error


def _not_sendable(what: str, error: BaseException) -> NotSendable:
    return NotSendable(f"{what} can't be sent between processes: {type(error).__name__}: {error}")
