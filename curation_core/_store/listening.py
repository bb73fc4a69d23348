"""Listen for notifications on a connection of its own, and notice when it no longer does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

CHECK_EVERY = 5.0  # seconds between looks whether the session still listens


class NoLongerListening(ConnectionError):
    """The session is there, but its LISTEN is not: a pooler gave it to somebody else."""


async def listen(
    engine: AsyncEngine, channel: str, heard: Callable[[str], None], listening: Callable[[], None]
) -> None:
    """Listen until the connection is lost.

    Args:
        engine: Where a connection comes from.
        channel: What to listen to.
        heard: Called with each notification's payload, on the event loop.
        listening: Called once, when notifications can no longer be missed.

    Raises:
        Exception: The connection was lost, or no longer listens. Never returns otherwise.
    """
    gone = asyncio.Event()

    def on_notification(_connection: Any, _pid: int, _channel: str, payload: str) -> None:
        heard(payload)

    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        driver.add_termination_listener(lambda _connection: gone.set())
        await driver.add_listener(channel, on_notification)
        try:
            listening()
            while True:
                try:
                    async with asyncio.timeout(CHECK_EVERY):
                        await gone.wait()
                except TimeoutError:
                    async with asyncio.timeout(CHECK_EVERY):
                        channels = await connection.execute(select(func.pg_listening_channels()))
                    if channel not in channels.scalars().all():
                        message = f"the session no longer listens to {channel!r}"
                        raise NoLongerListening(message) from None
                else:
                    message = "the listening connection was closed"
                    raise ConnectionError(message)
        finally:
            # The session has a listener that the pool knows nothing of: it must not be handed to anybody else.
            await connection.invalidate()
