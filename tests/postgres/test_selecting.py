"""A person's decision and the machine's status change together; processing never touches the decision. Attacks I6."""

import asyncio
import enum

import pytest
from lab.plugins import plugin_of
from lab.tables import Page, pages_workflow, quick
from sqlalchemy import column, select, table, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from curation_core import Selected, SelectionError, select_rows, select_rows_sync
from curation_core.errors import LedgerError, PluginError, UnknownWorkflow

PAGES, PAID = "pages=lab.desk", "paid=lab.paid_desk"


@pytest.fixture
async def sessions(lab):
    """The application's own sessions."""
    engine = create_async_engine(lab.url, poolclass=NullPool)
    yield async_sessionmaker(engine, expire_on_commit=False)
    await engine.dispose()


@pytest.fixture
def decide(sessions):
    """A person decides, in a transaction of the application's."""

    async def call(decision, *keys, workflow=PAGES):
        async with sessions.begin() as session:
            return await select_rows(session, workflow, keys, decision)

    return call


@pytest.fixture
async def choices(lab):
    """The table has a native enum that the model of `lab.paid_desk` does not map."""
    async with lab.transaction() as connection:
        await connection.execute(text("CREATE TYPE choice AS ENUM ('New', 'Selected', 'Vital', 'Maybe', 'Not a Fit')"))
        await connection.execute(text("ALTER TABLE page ADD COLUMN choice choice"))


async def seen(lab, number=1):
    found = await lab.execute(select(Page.status, Page.error, Page.curation).where(Page.id == number))
    return tuple(found.one())


@pytest.mark.parametrize("status", [None, "Error", "Completed", "Filtered", "Queued", "Processing"])
async def test_a_selection_queues_a_row_from_any_status_and_clears_its_error(lab, decide, status):
    await lab.add_pages("a", status=status, error="gone", curation="New")
    assert await decide("Selected", 1) == Selected(1, 1, 0, ())
    assert await seen(lab) == ("Queued", None, "Selected")


@pytest.mark.parametrize(
    ("status", "then"),
    [
        (None, "Queued"),
        ("Error", "Queued"),
        ("Completed", "Completed"),
        ("Queued", "Queued"),
        ("Processing", "Processing"),
    ],
)
async def test_a_workflow_may_say_from_which_statuses_a_row_is_queued(lab, decide, choices, status, then):
    await lab.add_pages("a", status=status, error="as it was")
    selected = await decide("Vital", 1, workflow=PAID)
    queued = (status, then) in {(None, "Queued"), ("Error", "Queued")}
    assert selected == Selected(1, int(queued), 0, ())
    assert (await seen(lab))[:2] == (then, None if queued else "as it was")


async def test_a_decision_is_written_to_a_native_enum_that_the_model_does_not_map(lab, decide, choices):
    await lab.add_pages("a", "b", status=None)
    assert await decide("Selected", 1, workflow=PAID) == Selected(1, 1, 0, ())
    assert await decide("Not a Fit", 2, workflow=PAID) == Selected(1, 0, 0, ())
    chosen = select(column("choice")).select_from(table("page")).order_by(column("id"))
    assert [row[0] for row in await lab.all(chosen)] == ["Selected", "Not a Fit"]
    assert await lab.statuses() == {"Queued": 1, None: 1}


async def test_an_unknown_word_is_refused_with_the_one_that_was_meant(lab, decide, choices):
    await lab.add_pages("a", status=None)
    with pytest.raises(SelectionError, match=r"page.choice can't hold 'Not_a_Fit': .* did you mean 'Not a Fit'"):
        await decide("Not_a_Fit", 1, workflow=PAID)
    assert await lab.statuses() == {None: 1}


async def test_a_word_that_a_constraint_does_not_list_is_refused_likewise(lab, decide):
    await lab.execute(text("ALTER TABLE page ADD CONSTRAINT known CHECK (curation IN ('Selected', 'Maybe'))"))
    with pytest.raises(SelectionError, match=r"the constraint known allows .* did you mean 'Maybe'"):
        await decide("Mabe", 1)


@pytest.mark.parametrize("status", ["Queued", "Processing"])
async def test_another_decision_takes_a_waiting_row_out_of_the_queue(lab, decide, status):
    await lab.add_pages("a", status=status)
    assert await decide("Not a Fit", 1) == Selected(1, 0, 1, ())
    assert await seen(lab) == (None, None, "Not a Fit")


@pytest.mark.parametrize("status", [None, "Completed", "Error", "Filtered"])
async def test_another_decision_leaves_what_is_done_as_it_is(lab, decide, status):
    await lab.add_pages("a", status=status, error="why")
    assert await decide("Not a Fit", 1) == Selected(1, 0, 0, ())
    assert await seen(lab) == (status, "why", "Not a Fit")


async def test_a_row_that_is_deselected_while_it_runs_keeps_nothing_of_its_run(lab, decide):
    """I6"""
    await lab.add_pages("a")
    decided = asyncio.Event()

    async def process(item):
        await decide("Not a Fit", 1)
        decided.set()
        return "a result"

    saved = []

    async def save(session, item, result):
        saved.append(result)

    async with lab.host({"pages": plugin_of(pages_workflow(), process, save_result=save)}):
        await decided.wait()
        await lab.eventually(lab.outcomes)
    assert (saved, await lab.outcomes()) == ([], ["overruled"])
    assert await seen(lab) == (None, None, "Not a Fit")
    assert await lab.claims() == {}


async def test_a_row_that_is_selected_while_it_runs_runs_once_more(lab, decide):
    """I6"""
    await lab.add_pages("a")
    ran = []

    async def process(item):
        ran.append(item.curation)
        if len(ran) == 1:
            await decide("Selected", 1)

    await lab.until_idle({"pages": plugin_of(pages_workflow(), process)}, policies={"pages": quick()})
    assert len(ran) == 2
    assert sorted(await lab.outcomes()) == ["done", "overruled"]
    assert await seen(lab) == ("Completed", None, "Selected")


async def test_a_row_that_waits_for_a_retry_begins_anew_when_it_is_selected(lab, decide):
    await lab.add_pages("a")

    async def process(item):
        raise RuntimeError("not yet")

    policy = quick(backoff=(3600,))
    async with lab.host({"pages": plugin_of(pages_workflow(), process)}, policies={"pages": policy}):
        await lab.eventually(lab.waiting)
    await decide("Selected", 1)
    assert await lab.claims() == {}
    assert await seen(lab) == ("Queued", None, "Selected")


async def test_a_selection_wakes_a_host_at_once(lab, decide):
    await lab.add_pages("a", status=None)
    ran = asyncio.Event()

    async def process(item):
        ran.set()

    workflow = {"pages": plugin_of(pages_workflow(), process)}
    async with lab.host(workflow, policies={"pages": quick()}):
        await lab.eventually(lambda: listening(lab))
        await decide("Selected", 1)
        async with asyncio.timeout(30):
            await ran.wait()
    assert await seen(lab) == ("Completed", None, "Selected")


async def listening(lab):
    activity = table("pg_stat_activity", column("query"), column("datname"))
    asked = select(activity.c.query).where(activity.c.query.ilike("LISTEN%"))
    return (await lab.execute(asked)).first() is not None


async def test_nothing_is_changed_when_the_applications_transaction_is_rolled_back(lab, sessions):
    await lab.add_pages("a", status=None, curation="New")
    async with sessions() as session:
        assert (await select_rows(session, PAGES, [1])).queued == 1
        await session.rollback()
    assert await seen(lab) == (None, None, "New")


async def test_the_applications_own_writes_are_in_the_same_transaction(lab, sessions):
    await lab.add_pages("a", status=None, curation="New")
    async with sessions.begin() as session:
        page = await session.get(Page, 1)
        page.orders = "written by the application"
        page.curation = "Maybe"
        await select_rows(session, PAGES, [1], "Selected")
    assert await seen(lab) == ("Queued", None, "Selected")
    assert (await lab.page(1)).orders == "written by the application"


async def test_a_session_without_asyncio_selects_likewise(lab, sessions):
    await lab.add_pages("a", status=None)
    async with sessions.begin() as session:
        selected = await session.run_sync(lambda plain: select_rows_sync(plain, PAGES, ["1"], "Selected"))
    assert selected == Selected(1, 1, 0, ())
    assert await lab.statuses() == {"Queued": 1}


async def test_keys_without_a_row_are_told_and_a_key_that_is_given_twice_counts_once(lab, decide):
    await lab.add_pages("a", status=None)
    assert await decide("Selected", 1, 99, "1") == Selected(1, 1, 0, (99,))
    assert await decide("Selected") == Selected(0, 0, 0, ())


async def test_a_member_of_an_enum_is_the_word_it_stands_for(lab, decide):
    class Curation(enum.Enum):
        SELECTED = "Selected"

    await lab.add_pages("a", status=None)
    assert await decide(Curation.SELECTED, 1) == Selected(1, 1, 0, ())
    assert await seen(lab) == ("Queued", None, "Selected")


async def test_two_people_who_decide_about_the_same_rows_crosswise_do_not_wait_for_each_other_for_ever(lab, decide):
    await lab.add_pages(*("a" for _ in range(20)), status=None)
    numbers = list(range(1, 21))
    await asyncio.gather(decide("Selected", *numbers), decide("Maybe", *reversed(numbers)))
    words = {row.curation for row in await lab.all(select(Page.curation))}
    assert words in ({"Selected"}, {"Maybe"})
    assert await lab.statuses() == {"Queued" if words == {"Selected"} else None: 20}


async def test_processing_never_touches_the_decision(lab):
    await lab.add_pages("a", "b", curation="Maybe")

    async def process(item):
        return None if item.id == 1 else 1 / 0

    await lab.until_idle({"pages": plugin_of(pages_workflow(), process)}, policies={"pages": quick(max_attempts=1)})
    assert await lab.statuses() == {"Completed": 1, "Error": 1}
    assert {row.curation for row in await lab.all(select(Page.curation))} == {"Maybe"}


async def test_a_missing_column_is_named_with_the_remedy(lab, decide):
    await lab.add_pages("a", status=None)
    with pytest.raises(SelectionError, match=r"page has no column 'choice'.*\[workflows.paid.table.columns\]"):
        await decide("Selected", 1, workflow=PAID)


async def test_a_key_that_is_none_is_named(lab, decide):
    with pytest.raises(SelectionError, match="pages: 'one' is no key of a row"):
        await decide("Selected", "one")
    with pytest.raises(SelectionError, match="2 of the 1 columns"):
        await decide("Selected", (1, 2))


async def test_a_workflow_that_is_not_installed_or_wrong_is_told(decide):
    with pytest.raises(UnknownWorkflow, match="no workflow 'page-curatoin'"):
        await decide("Selected", 1, workflow="page-curatoin")
    with pytest.raises(PluginError, match="No module named"):
        await decide("Selected", 1, workflow="pages=lab.no_such_module")


async def test_engine_tables_that_are_missing_are_named_with_the_remedy(empty_database_url):
    engine = create_async_engine(empty_database_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(Page.metadata.create_all)
    with pytest.raises(LedgerError, match="run `curation db upgrade`"):
        async with async_sessionmaker(engine).begin() as session:
            await select_rows(session, PAGES, [1])
