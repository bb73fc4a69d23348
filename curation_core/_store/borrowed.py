"""The database of an application's own engine, over connections that are made as the application makes them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from curation_core._store.store import Store
from curation_core.settings import DatabaseSettings


class BorrowedStore(Store):
    """Opens the database that an application has open already.

    Its pool is left to the application; each pool made here has the same way to connect: the certificates, the
    parameters, the listeners. Nothing is set for a session, since a session may be a pooler's.

    Args:
        origin: The application's engine, on the asyncpg driver.
        settings: Schema and clock; the rest is the engine's.
        lost_after: As for `Store`.
    """

    def __init__(self, origin: Engine, settings: DatabaseSettings, lost_after: timedelta) -> None:
        self._origin = origin
        behind_pooler = settings.model_copy(update={"pooler": True})  # as far as anybody can know
        super().__init__(origin.url.render_as_string(hide_password=False), behind_pooler, lost_after)

    def connect(self, pool_size: int) -> AsyncEngine:
        """A pool of its own, whose size is the application's: ``pool_size`` is not asked."""
        del pool_size
        return create_async_engine(
            self._origin.url,
            pool=self._origin.pool.recreate(),
            isolation_level="READ COMMITTED",  # the statements are made for it
            hide_parameters=True,  # a row's values belong in no log
        )
