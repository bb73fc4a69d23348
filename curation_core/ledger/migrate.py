"""Make, compare and print the engine's tables. Only ``curation db`` and tests call this: a host never runs DDL."""

from __future__ import annotations

import io
from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine


def _config(schema: str, connection: Connection | None = None, output: io.StringIO | None = None) -> Config:
    with as_file(files("curation_core.ledger") / "migrations") as folder:
        config = Config(output_buffer=output) if output is not None else Config()
        # Alembic's Config interpolates "%", which a path may hold.
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes.update(schema=schema, connection=connection)
    return config


def newest(schema: str = "curation") -> str:
    """The revision this code needs."""
    head = ScriptDirectory.from_config(_config(schema)).get_current_head()
    if head is None:  # pragma: no cover - the wheel was built without its migrations
        message = "curation_core was installed without its migrations: install it again"
        raise RuntimeError(message)
    return head


async def upgrade(engine: AsyncEngine, schema: str = "curation") -> str:
    """Bring the engine's schema to the newest revision, in one transaction.

    Two upgrades at once run one after the other: the lock is the transaction's, so a dying upgrade frees it.

    Returns:
        The revision reached.
    """

    def run(connection: Connection) -> None:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"curation upgrade {schema}"))))
        command.upgrade(_config(schema, connection), "head")

    async with engine.begin() as connection:
        await connection.run_sync(run)
    return newest(schema)


def upgrade_sql(schema: str = "curation") -> str:
    """The statements of a first upgrade, for somebody else to run."""
    output = io.StringIO()
    command.upgrade(_config(schema, output=output), "head", sql=True)
    return output.getvalue()
