"""What wakes a workflow: a settle that wrote its rows, a person's command, a reconnect; and what does not have to."""

from datetime import timedelta

import pytest
from lab.plugins import plugin_of, return_orders
from lab.tables import Contact, Page, contacts_workflow, pages_workflow, quick
from sqlalchemy import insert, select, text

from curation_core import Policy

RARELY = {"sweep_every": timedelta(hours=1)}
CUT = text(
    "select count(pg_terminate_backend(pid)) from pg_stat_activity "
    "where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
)

GONE_LONG_AGO = text(
    "insert into curation.worker values (gen_random_uuid(), 'h', 1, '', '{}', now(), now() - interval '1 day', '15 s')"
)
SWEPT = text("select count(*) = 1 from curation.worker")


async def nothing(item):
    return None


async def adds_a_contact(session, item, result):
    session.add(Contact(status="Queued", page_id=item.id))


async def inserts_a_contact(session, item, result):
    await session.execute(insert(Contact).values(status="Queued", page_id=item.id))


async def inserts_contacts_by_the_table(session, item, result):
    await session.execute(insert(Contact.__table__), [{"status": "Queued", "page_id": item.id}])


async def queues_a_contact_that_was_there(session, item, result):
    contact = (await session.scalars(select(Contact))).first()
    contact.status = "Queued"


def chain(save_result):
    """Pages whose settle writes contacts, and the contacts' own workflow."""
    return {
        "contacts": plugin_of(contacts_workflow(), nothing),
        "pages": plugin_of(pages_workflow(), return_orders, save_result=save_result),
    }


async def idle(lab, engine):
    """Wait until the host has looked once and waits for something to happen: only then is it woken."""
    await lab.eventually(lambda: engine._shift and not engine._shift.busy)  # noqa: SLF001 - no event tells it
    listening = text("select count(*) > 0 from pg_stat_activity where query ilike '%listen%' and state = 'idle'")
    await lab.eventually(lambda: lab.scalar(listening))
    await lab.eventually(lambda: not engine._shift.busy)  # noqa: SLF001 - likewise


@pytest.mark.parametrize(
    "save_result",
    [adds_a_contact, inserts_a_contact, inserts_contacts_by_the_table, queues_a_contact_that_was_there],
)
async def test_a_settle_that_writes_rows_of_another_workflow_wakes_it(lab, save_result):
    await lab.execute(insert(Contact).values(status="Completed"))
    plugins = chain(save_result)
    async with lab.host(plugins, policies=dict.fromkeys(plugins, quick()), host=RARELY) as engine:
        await idle(lab, engine)
        await lab.add_pages("ok")
        await lab.execute(text("select pg_notify('curation', 'pages')"))
        await lab.eventually(lambda: engine.counts["contacts"].get("done") == 1)


async def test_it_wakes_the_other_workflow_in_another_process_that_works_nothing_else(lab):
    plugins = chain(adds_a_contact)
    policies = dict.fromkeys(plugins, quick())
    async with (
        lab.host(plugins, policies=policies, host=RARELY, only=["contacts"]) as downstream,
        lab.host(plugins, policies=policies, host=RARELY, only=["pages"]) as upstream,
    ):
        await idle(lab, downstream)
        await idle(lab, upstream)
        await lab.add_pages("ok")
        await lab.execute(text("select pg_notify('curation', 'pages')"))
        await lab.eventually(lambda: downstream.counts["contacts"].get("done") == 1)


async def test_a_group_of_settled_rows_notifies_once(lab):
    """Each notification takes a lock of the whole cluster at the commit."""
    heard = []
    await lab.add_pages(*["ok"] * 50)
    plugins = chain(adds_a_contact)
    async with lab.listening("curation", heard):
        await lab.until_idle(plugins, policies=dict.fromkeys(plugins, quick(batch_size=50, concurrency=50)))
        await lab.eventually(lambda: heard)
    settles = await lab.scalar(text("select count(distinct settled_at) from curation.attempt where workflow = 'pages'"))
    assert len(heard) <= settles < 50
    assert set(heard) == {"contacts"}


async def test_a_settle_that_writes_nobodys_rows_notifies_nobody(lab):
    heard = []
    await lab.add_pages(*["ok"] * 5)
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    async with lab.listening("curation", heard):
        await lab.until_idle(plugins, policies={"pages": quick()})
        await lab.execute(text("select pg_notify('curation', 'the end')"))
        await lab.eventually(lambda: "the end" in heard)
    assert heard == ["the end"]


async def test_a_notification_without_a_name_wakes_every_workflow(lab):
    plugins = chain(adds_a_contact)
    async with lab.host(plugins, policies=dict.fromkeys(plugins, quick()), host=RARELY) as engine:
        await idle(lab, engine)
        await lab.add_pages("ok")
        await lab.wake()
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)


async def test_a_person_who_queues_rows_wakes_the_workflow(lab):
    await lab.add_pages("ok", status="Error")
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    async with lab.host(plugins, policies={"pages": quick()}, host=RARELY) as engine:
        await idle(lab, engine)
        async with lab.settling(pages_workflow()) as (store, rows, _):
            assert await store.operating.queue(rows, ["[1]"]) == ["[1]"]
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)


async def test_a_resume_wakes_the_workflow(lab):
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    async with lab.paused("pages"), lab.host(plugins, policies={"pages": quick()}, host=RARELY) as engine:
        await idle(lab, engine)
        assert await lab.statuses() == {"Queued": 1}
        async with lab.settling(pages_workflow()) as (store, _, __):
            assert await store.operating.resume("pages")
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)


async def test_what_was_missed_while_nothing_was_heard_is_looked_for_after_the_reconnect(lab):
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    async with lab.host(plugins, policies={"pages": quick()}, host=RARELY) as engine:
        await idle(lab, engine)
        async with lab.transaction() as person:
            await person.execute(CUT)
            await person.execute(insert(Page).values(status="Queued", orders="ok"))
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)


async def test_without_a_notification_rows_are_found_by_the_clock(lab):
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    policies = {"pages": Policy(every=timedelta(milliseconds=200))}
    async with lab.host(plugins, policies=policies, host=RARELY) as engine:
        await idle(lab, engine)
        await lab.add_pages("ok")
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)


async def test_a_workflow_with_a_cron_waits_for_its_time_whatever_else_goes_on(lab):
    """Neither the start, nor the listener's, nor a sweep is its time."""
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    policies = {"pages": Policy(cron="0 0 29 2 *")}
    async with lab.host(plugins, policies=policies) as engine:
        await idle(lab, engine)
        for _ in range(2):
            await lab.execute(GONE_LONG_AGO)
            await lab.eventually(
                lambda: lab.scalar(text("select count(*) = 1 from curation.worker"))
            )  # a sweep is over
        await idle(lab, engine)
        assert await lab.statuses() == {"Queued": 1}


async def test_a_pause_ends_by_itself_on_a_host_that_did_not_make_it(lab):
    """Whoever made it may be gone by then."""
    await lab.add_pages("ok")
    store = lab.store()
    await store.operating.pause("pages", timedelta(seconds=1.5), "an item of another host", "the quota is used up")
    await store.close()
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    async with lab.host(plugins, policies={"pages": quick(every=3600)}, host={"sweep_every": 0.1}):
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed")))
    until = await lab.scalar(select(lab.ledger.control.c.paused_until))
    assert (await lab.history("[1]"))[0].claimed_at >= until
