"""The calls of a day are counted before they are made, by all hosts together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from curation_core import Attempt, Done, Pause, Retry
from curation_deep_scan.budget import Budget, UncountedError
from curation_deep_scan.models import DeepScanDay
from curation_deep_scan.pacific import PACIFIC, until_midnight
from curation_deep_scan.scanning import Scanner
from curation_deep_scan.stub import StubAnswer, place


async def counted(session):
    return (await session.execute(sa.select(DeepScanDay.day, DeepScanDay.calls))).all()


async def test_calls_are_counted_on_the_day_that_it_is_in_california(sessions, session):
    before = datetime.now(PACIFIC).date()
    budget = Budget(sessions, 1000)
    assert [await budget.take() for _ in range(3)] == [True] * 3
    ((day, calls),) = await counted(session)
    assert before <= day <= datetime.now(PACIFIC).date()
    assert calls == 3


async def test_no_more_calls_are_allowed_than_there_are_and_a_refused_one_is_not_counted(sessions, session):
    budget = Budget(sessions, 2)
    assert [await budget.take() for _ in range(4)] == [True, True, False, False]
    assert [row.calls for row in await counted(session)] == [2]


async def test_yesterdays_calls_do_not_count_today(sessions, session):
    yesterday = datetime.now(PACIFIC).date() - timedelta(days=1)
    await session.execute(sa.insert(DeepScanDay).values(day=yesterday, calls=2))
    await session.commit()
    assert await Budget(sessions, 2).take()


async def test_hosts_that_count_at_once_stay_within_one_budget(engine, sessions):
    hosts = [Budget(sessions, 25), Budget(async_sessionmaker(engine), 25), Budget(sessions, 25)]
    taken = await asyncio.gather(*(host.take() for host in hosts for _ in range(20)))
    assert sum(taken) == 25


async def test_a_call_is_committed_before_it_leaves(scan, stub, engine):
    seen = []

    async def look(request):
        async with AsyncSession(engine) as other:
            seen.extend(row.calls for row in await counted(other))
        return web.json_response({"id": "ChIJ-cafe"})

    stub.tell("ChIJ-cafe", look)
    await scan()
    assert seen == [1]


async def test_when_the_days_calls_are_made_the_workflow_pauses_until_midnight_and_nothing_is_asked(
    scan, stub, new_scanner
):
    first = await scan(calls_per_day=1)
    assert isinstance(first, Done)
    before = until_midnight(datetime.now(UTC))
    outcome = await scan(calls_per_day=1)  # by another host
    assert isinstance(outcome, Pause)
    assert outcome.reason == "daily_budget: the 1 calls of the day (Pacific time) are made"
    assert until_midnight(datetime.now(UTC)) <= outcome.duration <= before
    assert stub.calls.total() == 1


async def test_a_call_that_fails_is_counted_all_the_same(scan, stub, session):
    stub.tell("ChIJ-cafe", StubAnswer(b"", 503))
    await scan()
    assert [row.calls for row in await counted(session)] == [1]


async def test_a_call_that_can_not_be_counted_is_not_made(settings, stub):
    engine = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:9/nowhere")
    budget = Budget(async_sessionmaker(engine), 1000)
    with pytest.raises(UncountedError):
        await budget.take()
    async with Scanner(settings(), budget) as scanner:
        outcome = await scanner.scan("ChIJ-cafe", Attempt("deep-scan", "[1]"))
    assert isinstance(outcome, Retry)
    assert outcome.reason.startswith("the call could not be counted, so it was not made: ")
    assert stub.seen == []
    await engine.dispose()


async def test_an_answer_is_kept_for_its_queueing_so_that_another_attempt_pays_nothing(
    scan, stub, session, new_scanner, an_attempt
):
    scanner = await new_scanner()
    first = await scan(using=scanner, attempt=an_attempt(1, "deep-scan:[1]:7"))
    again = await scan(using=scanner, attempt=an_attempt(2, "deep-scan:[1]:7"))
    assert again == first
    assert stub.calls["ChIJ-cafe"] == 1
    assert [row.calls for row in await counted(session)] == [1]
    stub.tell("ChIJ-cafe", place("ChIJ-cafe", rating=1))
    anew = await scan(using=scanner, attempt=an_attempt(1, "deep-scan:[1]:8"))
    assert anew.result.details.columns["rating"] == 1
    assert stub.calls["ChIJ-cafe"] == 2
