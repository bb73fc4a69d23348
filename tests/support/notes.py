"""A workflow as it should be, whose hooks can be replaced by wrong ones: notes have their page fetched."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr
from sqlalchemy import BigInteger, ForeignKey, MetaData
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Fail, Policy, Retry, States, Workflow, hookimpl
from curation_core.testing import Answer, conformance_suite

WORDS = States(queued="Queued", processing="Processing", completed="Done", failed="Failed")


class Tables(DeclarativeBase):
    metadata = MetaData()


class Note(Tables):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    path: Mapped[str]
    status: Mapped[str | None]
    error: Mapped[str | None]


class Finding(Tables):
    __tablename__ = "findings"
    note_id: Mapped[int] = mapped_column(ForeignKey(Note.id), primary_key=True)
    text: Mapped[str]


class NotesSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    address: str = "http://127.0.0.1:9"
    token: SecretStr = SecretStr("hunter2-of-the-notes")


class Refused(Exception):
    pass


@dataclass
class Resources:
    settings: NotesSettings
    sessions: async_sessionmaker[AsyncSession]

    async def fetch(self, path: str, *headers: str) -> str:
        url = urlsplit(self.settings.address)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        try:
            said = (f"GET {path} HTTP/1.1", f"Host: {url.netloc}", "Connection: close", *headers, "", "")
            writer.write("\r\n".join(said).encode())
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        finally:
            writer.transport.abort()
        if " 200 " not in head.partition("\r\n")[0] + " ":
            message = f"the server refused {path}: {head.partition(chr(13))[0]}"
            raise Refused(message)
        return body


def declare_workflow() -> Workflow:
    policy = Policy(batch_size=10, max_attempts=3, backoff=(timedelta(0),))
    return Workflow(status=Note.status, error=Note.error, states=WORDS, defaults=policy, settings=NotesSettings)


@asynccontextmanager
async def lifespan(settings: NotesSettings, sessions: async_sessionmaker[AsyncSession]):
    yield Resources(settings, sessions)


async def process_item(item: Note, resources: Resources) -> str:
    return await resources.fetch(item.path)


async def save_result(session: AsyncSession, item: Note, result: str) -> None:
    found = insert(Finding).values(note_id=item.id, text=result)
    await session.execute(found.on_conflict_do_update(index_elements=[Finding.note_id], set_={"text": result}))


def on_error(error: Exception) -> Fail | Retry | None:
    if isinstance(error, Refused):
        return Fail(str(error))
    return Retry(timedelta(0), f"the server is away: {error}") if isinstance(error, OSError) else None


GOOD = {
    "declare_workflow": declare_workflow,
    "lifespan": lifespan,
    "process_item": process_item,
    "save_result": save_result,
    "on_error": on_error,
}


def plugin_with(**hooks: Any) -> ModuleType:
    """The plugin with some hooks replaced."""
    module = ModuleType("notes_plugin")
    for name, hook in {**GOOD, **hooks}.items():
        setattr(module, name, hookimpl(hook))
    return module


def suite(**given: Any) -> type:
    """The conformance suite of the plugin with some hooks replaced, or with other arguments."""
    hooks = {name: given.pop(name) for name in tuple(given) if name in GOOD}
    usual = {
        "plugin": plugin_with(**hooks),
        "make_item": lambda n: Note(path=f"/{n}"),
        "serve": lambda http: http.otherwise(lambda request: Answer(f"the page {request.path}")),
        "settings": lambda http: {"address": http.base_url},
        "errors": {Refused("the server refused it"): Fail, Answer(status=404): Fail, ConnectionError("gone"): Retry},
    }
    return conformance_suite(**({"workflow": "notes"} | usual | given))


def fails(suite: type, check: str | list[str], saying: str, *, alone: bool = False, spares: str = "") -> type:
    """A suite of which exactly one check must fail, with a message that matches.

    Args:
        alone: No other check is run.
        spares: A check that must be skipped, for it could only repeat the failure.
    """
    suite.fails, suite.saying, suite.alone, suite.spares = check, saying, alone, spares
    return suite
