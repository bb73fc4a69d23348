import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from curation_core._cli import curation
from curation_core.ledger import Ledger

PLUGINS = Path(__file__).with_name("plugins")
METADATA = MetaData()
PAGE = Table(
    "page",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("wish", String, nullable=False),
    Column("status", String, nullable=False),
    Column("error", String),
)
PAIR = Table(
    "pair",
    METADATA,
    Column("region", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("status", String, nullable=False),
)


class Answer:
    """What a command answered."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class Cli:
    """The command line in a folder of its own: called, it answers from this process; started, it is one of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capsys = capsys
        self.setenv = monkeypatch.setenv

    def __call__(self, *arguments: str) -> Answer:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            curation(arguments, prog_name="curation")
        said = self._capsys.readouterr()
        return Answer(int(end.value.code or 0), said.out, said.err)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "curation_core", *arguments]
        return subprocess.Popen(command, text=True, **options)

    def configure(self, text: str) -> None:
        (self.folder / "curation.toml").write_text(text)


class Database:
    """A database with the tables that the plugins work."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.run(lambda connection: connection.run_sync(METADATA.create_all))

    def run(self, work: Any) -> Any:
        async def connected() -> Any:
            engine = create_async_engine(self.url, poolclass=NullPool)
            async with engine.begin() as connection:
                return await work(connection)

        return asyncio.run(connected())

    def pages(self, *wishes: str, status: str = "Queued", first: int = 1) -> None:
        rows = [{"id": at, "wish": wish, "status": status} for at, wish in enumerate(wishes, start=first)]
        self.run(lambda connection: connection.execute(insert(PAGE), rows))

    def pairs(self, *keys: tuple[str, int]) -> None:
        rows = [{"region": region, "number": number, "status": "New"} for region, number in keys]
        self.run(lambda connection: connection.execute(insert(PAIR), rows))

    def statuses(self, table: Table = PAGE) -> list[str]:
        async def read(connection: Any) -> list[str]:
            found = await connection.execute(select(table.c.status).order_by(*table.primary_key))
            return list(found.scalars())

        return self.run(read)

    def workers(self) -> set[int]:
        """The processes that are registered and have not signed off."""

        async def read(connection: Any) -> set[int]:
            return set((await connection.execute(select(Ledger().worker.c.pid))).scalars())

        return self.run(read)


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The command line with no configuration, and with no plugin but those beside this file."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("CURATION_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CURATION_PLUGINS", "pages")  # an allowed name: whatever else is installed stays out
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS))
    monkeypatch.syspath_prepend(PLUGINS)
    loggers = [logging.getLogger(name) for name in (None, "curation_core.host", "alembic", "apscheduler")]
    levels, handlers = [logger.level for logger in loggers], [*loggers[0].handlers]
    yield Cli(tmp_path, capsys, monkeypatch)
    loggers[0].handlers[:] = handlers  # a command logs to the standard error of its own test
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def database(database_url: str, cli: Cli) -> Database:
    """A database with the engine's tables and ours, for which the command line is configured."""
    cli.setenv("CURATION_DATABASE_URL", database_url)
    return Database(database_url)


@pytest.fixture
def pair() -> Table:
    """The table whose key has two columns."""
    return PAIR
