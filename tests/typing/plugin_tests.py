"""An author's tests of a plugin, with the kit. They are read by mypy and pyright, never run."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, assert_type

import plugin_author
from plugin_author import Client, Page, Settings
from sqlalchemy.ext.asyncio import AsyncSession

from curation_core import Fail, Retry
from curation_core.testing import (
    Answer,
    Clock,
    Cut,
    Delay,
    Die,
    EngineProcess,
    Harness,
    Hold,
    LoopbackServer,
    Raise,
    Ran,
    Request,
    conformance_suite,
    eventually,
    run_item,
)


async def test_one_item() -> None:
    """Without a database."""
    ran = await run_item(plugin_author, Page(id=1), resources=Client("me"), settings={"user_agent": "me"}, attempt=2)
    assert_type(ran, Ran)
    assert_type(ran.wait, timedelta)
    assert ran.outcome == "done", ran.error


async def test_a_harness(curation_harness: Callable[..., Harness], curation_clock: Clock) -> None:
    """With faults, a clock, engines here and elsewhere."""
    harness = curation_harness("page-curation", plugin_author, settings={"user_agent": "me"})
    await harness.create_tables()
    await harness.add(Page(url="https://example.com"))
    hold = Hold()
    harness.faults.put("before_process", hold)
    harness.faults.put("in_settle", Raise(OSError("gone")), times=2)
    harness.faults.put("claim", Delay(0.1))
    harness.faults.put("in_settle", Cut())
    async with harness.engine(concurrency=1):
        await hold.arrived()
        await curation_clock.advance(timedelta(minutes=1))
        await hold.release()
    assert_type(await harness.drain(engines=2, batch_size=5), Counter[str])
    process = await harness.start(faults=[("after_process", Die())])
    assert_type(process, EngineProcess)
    assert_type(await process.said("died"), list[str])
    await eventually(lambda: harness.running == 0, deadline=5)
    assert_type(await harness.statuses(), Counter[Any])


def answers(request: Request) -> Answer:
    """What the server says."""
    return Answer.of_json({"title": request.path})


def test_a_server(curation_http: LoopbackServer) -> None:
    """On loopback."""
    assert_type(curation_http.answer("/robots.txt", answers), str)
    assert_type(curation_http.url("/"), str)
    curation_http.otherwise(Answer(status=503))
    with curation_http.held() as held:
        assert_type(held, LoopbackServer)


async def prepare(session: AsyncSession) -> None:
    """Add what every item refers to."""


def serve(http: LoopbackServer) -> None:
    """Say what the server answers."""
    http.otherwise(Answer())


def settings(http: LoopbackServer) -> dict[str, str]:
    """Lead to the server."""
    return {"user_agent": http.url("/")}


TestPages = conformance_suite(
    "page-curation",
    plugin=plugin_author,
    make_item=lambda n: Page(url=f"https://example.com/{n}"),
    tables=plugin_author.Model.metadata,
    prepare=prepare,
    serve=serve,
    settings=settings,
    errors={Answer(status=503): Retry, ValueError: Fail},
    skip={"growth": "its items keep what they found"},
)
assert_type(Settings().user_agent, str)
