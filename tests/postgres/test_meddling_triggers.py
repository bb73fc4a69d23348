"""I4, I5 and I9: what a user's triggers make of the engine's updates costs no call again and again."""

import pytest
from lab.plugins import plugin_of
from lab.tables import Contact, Page, contacts_workflow, pages_workflow, quick
from sqlalchemy import func, insert, text

SWALLOWS = text(
    "create function meddle() returns trigger language plpgsql as $$ begin "
    "if new.status = 'Completed' then return null; end if; return new; end $$"
)
PUTS_BACK = text(
    "create function meddle() returns trigger language plpgsql as $$ begin "
    "if new.status = 'Processing' then new.status := 'Queued'; end if; return new; end $$"
)
LOWERS = text(
    "create function meddle() returns trigger language plpgsql as $$ begin "
    "new.status := lower(new.status); return new; end $$"
)
TOUCHES = text(
    "create function meddle() returns trigger language plpgsql as $$ begin "
    "new.updated_at := clock_timestamp(); return new; end $$"
)
MEDDLE = text("create trigger meddle before update on page for each row execute function meddle()")
LEFT_ALONE = Page.updated_at < func.clock_timestamp() - text("interval '0.2 s'")


async def test_a_status_that_a_trigger_swallows_fails_its_row_and_is_not_paid_for_again(lab):
    calls = await paid_for(lab, SWALLOWS)
    assert calls == [1]
    assert await lab.statuses() == {"Error": 1}
    assert "a trigger drops the change" in (await lab.page(1)).error


@pytest.mark.parametrize("meddle", [PUTS_BACK, LOWERS], ids=["puts it back", "writes it otherwise"])
async def test_a_claim_that_a_trigger_undoes_is_not_paid_for_and_its_row_stays_queued(lab, caplog, meddle):
    assert await paid_for(lab, meddle) == []
    assert await lab.statuses() == {"Queued": 1}
    assert await lab.claims() == {}
    assert caplog.text.count("[1]: a trigger undoes its claim") == 1


async def test_a_condition_that_the_claim_itself_makes_untrue_is_told_and_not_paid_for(lab, caplog):
    """A trigger keeps the time of the last change, and the workflow wants what was left alone for a while."""
    await lab.add_pages("paid")
    await lab.execute(text("update page set updated_at = now() - interval '1 hour'"))
    assert await paid_for(lab, TOUCHES, where=LEFT_ALONE) == []
    assert await lab.statuses() == {"Queued": 1}
    assert "or its claim makes `where` untrue" in caplog.text


async def paid_for(lab, meddle, **workflow):
    """The items that are run while a host looks for rows ten times, and finds each time another workflow's row."""
    await lab.execute(meddle)
    await lab.execute(MEDDLE)
    if not await lab.statuses():
        await lab.add_pages("paid")
    calls = []

    async def process_item(item):
        calls.append(item.id)
        return item.orders

    plugins = {
        "pages": plugin_of(pages_workflow(**workflow), process_item),
        "contacts": plugin_of(contacts_workflow(), return_nothing),
    }
    async with lab.host(plugins, policies=dict.fromkeys(plugins, quick(max_attempts=2))):
        for done in range(1, 11):
            await lab.execute(insert(Contact).values(status="Queued"))
            await lab.wake()
            await lab.eventually(lambda done=done: are_done(lab, done))
    return calls


async def return_nothing(item):
    return None


async def are_done(lab, number):
    return await lab.statuses(Contact) == {"Completed": number}
