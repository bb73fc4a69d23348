"""Plugins whose author forgot something: to await, to close, to write what was found. Each fails exactly one check."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from notes import Note, fails, lifespan, save_result, suite
from sqlalchemy import update


async def forgets_to_await(session, item, result):
    await save_result(session, item, result)
    session.execute(update(Note).where(Note.id == item.id).values(path=f"/{result}"))


TestForgetsToAwait = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")(
    fails(suite(save_result=forgets_to_await), "nothing_is_forgotten", "nobody awaited AsyncSession.exec", alone=True)
)


async def meets_no_row(session, item, result):
    await session.execute(update(Note).where(Note.path == result).values(error=result))


TestMeetsNoRow = fails(
    suite(save_result=meets_no_row), "nothing_is_forgotten", "was done, save_result was called, and nothing", alone=True
)


@asynccontextmanager
async def opens_and_goes(settings, sessions):
    file = Path(__file__).open()  # noqa: SIM115 - that is what is wrong with it
    async with lifespan(settings, sessions) as resources:
        resources.file = file
        yield resources


TestOpensAndGoes = pytest.mark.filterwarnings("ignore:unclosed file")(
    fails(suite(lifespan=opens_and_goes), "nothing_is_forgotten", "left open: unclosed file", alone=True)
)
