import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import column, func, insert, select, table, text, update
from sqlalchemy.ext.asyncio import async_sessionmaker

from curation_core import Selected, select_rows

DOMAIN = uuid4()


@pytest.fixture
def models(url):
    from leads import models  # noqa: PLC0415 - it reads the address when it is imported

    return models


async def filled(engine, models, each, *, odd=True, wave=0):
    """Rows that are selected and queued, and some that go wrong."""
    queued = {
        models.Place: [
            {"place_id": f"p{wave}-{n}", "deep_scan_status": models.DeepScanStatus.Queued} for n in range(each)
        ],
        models.LocalBusiness: [
            {"website_url": f"https://b{n}.example", "domain_extraction_status": models.DomainExtractionStatus.Queued}
            for n in range(each)
        ],
        models.SitemapFile: [
            {"domain_id": DOMAIN, "url": f"https://s{n}.example", "sitemap_import_status": word}
            for n, word in enumerate([models.SitemapImportStatus.Queued] * each)
        ],
        models.Page: [
            {"domain_id": DOMAIN, "url": f"https://g{n}.example", "page_processing_status": word}
            for n, word in enumerate([models.PageProcessingStatus.Queued] * each)
        ],
    }
    if odd:
        queued[models.Place][0]["place_id"] = f"gone{wave}"
        queued[models.LocalBusiness][0]["website_url"] = ""
        queued[models.SitemapFile][0]["url"] = "https://s.example/broken.xml"
        queued[models.Page][0]["url"] = "https://g.example/down"
    async with engine.begin() as connection:
        for model, rows in queued.items():
            await connection.execute(insert(model), rows)


async def counted(engine, status):
    async with engine.connect() as connection:
        found = await connection.execute(select(status, func.count()).group_by(status))
        return {None if word is None else word.value: count for word, count in found}


async def paid(engine, models):
    async with engine.connect() as connection:
        found = await connection.execute(select(models.PaidCall.item, models.PaidCall.host))
        return found.all()


async def history(engine):
    attempt = table("attempt", column("outcome"), schema="curation")
    async with engine.connect() as connection:
        found = await connection.execute(select(attempt.c.outcome, func.count()).group_by(attempt.c.outcome))
        return {row[0]: row[1] for row in found}


async def emptied(engine):
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE curation.attempt, curation.claim"))


async def ended(*processes):
    assert [await process.wait() for process in processes] == [0] * len(processes)


async def test_the_schedulers_do_what_they_did(application, models, host, before):
    """The same rows, worked by the old loop and by the new one, end alike."""
    endings = []
    for folder in ((before,), ()):
        await emptied(application)
        async with application.begin() as connection:
            for each in reversed(models.Base.metadata.sorted_tables):
                await connection.execute(each.delete())
        await filled(application, models, 5)
        await ended(await host(*folder))
        endings.append([await counted(application, status) for status in models.BUSY])
        async with application.connect() as connection:
            reason_of = models.SitemapFile.sitemap_import_error
            errors = select(reason_of).where(reason_of != "")
            (reason,) = (await connection.execute(errors)).scalars()
        assert reason.startswith("https://s.example/broken.xml is no sitemap: <<<")
        assert len(reason) == 1024
    assert endings[0] == endings[1]
    assert endings[1][0] == {"Completed": 4, "Error": 1}
    assert await history(application) == {"done": 16, "failed": 4}


async def test_old_hosts_and_new_ones_share_the_tables_and_nothing_is_paid_twice(application, models, host, before):
    """Rows come in until each of four hosts has worked some."""
    await emptied(application)
    held = {"place_id": "held", "deep_scan_status": models.DeepScanStatus.Processing}  # hosts stay as long as it does
    async with application.begin() as connection:
        await connection.execute(insert(models.Place), held)
    processes = [await host(*folder) for folder in ((before,), (), (before,), ())]
    everybody = {str(process.pid) for process in processes}
    waves = 0
    async with asyncio.timeout(120):
        while {call.host for call in await paid(application, models)} != everybody:
            await filled(application, models, 5, wave=waves)
            waves += 1
            await asyncio.sleep(0.1)
    async with application.begin() as connection:
        free = update(models.Place).where(models.Place.place_id == "held")
        await connection.execute(free.values(deep_scan_status=models.DeepScanStatus.Completed))
    await ended(*processes)
    calls = await paid(application, models)
    assert "lost" not in await history(application)
    assert len(calls) == len({call.item for call in calls}) == waves * 20
    new = {str(processes[1].pid), str(processes[3].pid)}
    assert sum((await history(application)).values()) == sum(call.host in new for call in calls)


async def test_the_rows_of_a_new_host_that_was_killed_are_done_by_another(application, models, host):
    await emptied(application)
    await filled(application, models, 60, odd=False)
    first = await host()
    async with asyncio.timeout(60):
        while not await paid(application, models):
            await asyncio.sleep(0.01)
    first.kill()
    await first.wait()
    async with asyncio.timeout(120):
        await ended(await host(CURATION_HOST__LOST_AFTER="2s"))
    for status in models.BUSY:
        assert set(await counted(application, status)) <= {"Completed", "Complete", None}


@pytest.mark.parametrize(
    ("workflow", "model", "decision", "status", "from_completed"),
    [
        ("deep-scan", "Place", "status", "deep_scan_status", "Completed"),
        ("domain-extraction", "LocalBusiness", "status", "domain_extraction_status", "Queued"),
        ("sitemap-import", "SitemapFile", "deep_scrape_curation_status", "sitemap_import_status", "Queued"),
        ("page-curation", "Page", "page_curation_status", "page_processing_status", "Queued"),
    ],
)
async def test_a_decision_queues_a_row_of_each_workflow(
    application, models, workflow, model, decision, status, from_completed
):
    model = getattr(models, model)
    of = {"place_id": "p", "domain_id": DOMAIN, "url": "https://u.example"}
    of = {name: value for name, value in of.items() if hasattr(model, name)}
    words = type(models.BUSY[getattr(model, status)][0])
    done = next(word for word in words if word.value.startswith("Complete"))
    sessions = async_sessionmaker(application, expire_on_commit=False)
    async with sessions.begin() as session:
        rows = [model(**of, **{status: word}) for word in (None, words.Error, done)]
        session.add_all(rows)
        await session.flush()
        keys = [row.id for row in rows]
    async with sessions.begin() as session:
        selected = await select_rows(session, workflow, keys, models.Curation.Selected)
    async with sessions() as session:
        found = [await session.get_one(model, key) for key in keys]
    assert [getattr(row, status).value for row in found] == [
        "Queued",
        "Queued",
        "Completed" if from_completed == "Completed" else "Queued",
    ]
    assert {getattr(row, decision) for row in found} == {models.Curation.Selected}
    assert selected == Selected(3, 2 if from_completed == "Completed" else 3, 0, ())
