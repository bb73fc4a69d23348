"""A workflow that does not fit its table is disabled before the first row is touched, says why, and stops no other."""

import pytest
from lab.matrix import follow_orders, model_of
from lab.plugins import plugin_of, return_orders
from lab.tables import WORDS, Contact, Page, contacts_workflow, pages_workflow, quick
from sqlalchemy import Column, Enum, Integer, SmallInteger, String, Text, insert, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow

ID = ("id", Integer)
KINDS_OF_KEY = {
    "jsonb": text("alter table thing alter id type jsonb using null"),
    "integer[]": text("alter table thing alter id type integer[] using null"),
}
KINDS_OF_ERROR = {
    "jsonb": text("alter table thing alter error type jsonb using null"),
    "integer": text("alter table thing alter error type integer using null"),
}


async def faults_of(lab, model, **declared):
    """Run a workflow beside a healthy one. Returns what is said of it, after the healthy one has worked."""
    await lab.add_pages("ok")
    workflow = Workflow(
        **({"status": model.status, "error": getattr(model, "error", None), "states": WORDS} | declared)
    )

    async def never_called(item):
        raise AssertionError

    plugins = {
        "broken": plugin_of(workflow, never_called),
        "pages": plugin_of(pages_workflow(), return_orders),
    }
    summary = await lab.until_idle(plugins, policies=dict.fromkeys(plugins, quick()))
    assert await lab.statuses() == {"Completed": 1}
    assert set(summary.faults) == {"broken"}
    assert await lab.claims() == {}
    return summary.faults["broken"]


def thing(*columns, **more):
    """A model of a table ``thing`` with a numbered key."""
    return model_of("thing", Column(*ID, primary_key=True), *columns, **more)


async def test_a_table_that_does_not_exist(lab):
    told = await faults_of(lab, thing())
    assert told == "table thing does not exist: create it, or check the schema and the search_path of the database URL"


async def test_a_table_in_another_schema(lab):
    model = thing(schema="elsewhere")
    await lab.create(thing().metadata)
    assert (await faults_of(lab, model)).startswith("table elsewhere.thing does not exist")


async def test_a_column_that_does_not_exist_with_the_nearest_that_does(lab):
    await lab.create(thing().metadata)
    model = thing(Column("ordres", Text))
    assert await faults_of(lab, model) == "table thing has no column 'ordres'; did you mean 'orders'?"


async def test_every_missing_column_is_named(lab):
    await lab.create(thing().metadata)
    told = await faults_of(lab, thing(Column("ordres", Text), Column("zzz", Text)))
    assert "'ordres'" in told
    assert "'zzz'" in told


async def test_an_enum_that_lacks_a_word_with_the_nearest_that_it_has(lab):
    """The week that `Complete` against `Completed` once cost."""
    words = ("Queued", "Processing", "Complete", "Error")
    model = thing(status=Enum(*words, name="page_status"))
    await lab.create(model.metadata)
    told = await faults_of(lab, model)
    assert told == (
        "thing.status can't hold 'Completed', the word for completed: the type page_status knows "
        "'Queued', 'Processing', 'Complete', 'Error'; did you mean 'Complete'?"
    )


async def test_an_enum_that_lacks_several_words_names_each(lab):
    model = thing(status=Enum("new", "running", name="page_status"))
    await lab.create(model.metadata)
    told = await faults_of(lab, model)
    for role in ("queued", "processing", "completed", "failed"):
        assert f"the word for {role}" in told


async def test_a_varchar_that_is_too_short_for_a_word(lab):
    model = thing(status=String(9))
    await lab.create(model.metadata)
    told = await faults_of(lab, model)
    assert told == (
        "thing.status can't hold 'Processing', the word for processing: its type is character varying(9): "
        "a longer one, or a shorter word, is needed"
    )


async def test_a_number_column_with_words(lab):
    model = thing(status=Integer())
    await lab.create(model.metadata)
    told = await faults_of(lab, model)
    assert (
        "thing.status can't hold 'Queued', the word for queued: its type is integer: give the roles the numbers" in told
    )


async def test_a_number_column_that_is_too_small_for_a_number(lab):
    model = thing(status=SmallInteger())
    await lab.create(model.metadata)
    told = await faults_of(lab, model, states=States(queued=0, processing=1, completed=2, failed=40_000))
    assert told == "thing.status can't hold 40000, the word for failed: its type is smallint, which is too small"


async def test_a_truth_value_as_status(lab):
    model = thing()
    await lab.create(model.metadata)
    await lab.execute(text("alter table thing alter status type boolean using null"))
    assert "its type is boolean, which has two values: a status needs four" in await faults_of(lab, model)


async def test_a_check_that_does_not_allow_a_word(lab):
    """Many a status is a text with a check, and no enum."""
    model = thing()
    await lab.create(model.metadata)
    await lab.execute(text("alter table thing add check (status in ('Queued', 'Processing', 'Complete', 'Error'))"))
    told = await faults_of(lab, model)
    assert "Completed" in told
    assert "thing_status_check" in told


async def test_a_view(lab):
    await lab.execute(text("create view thing as select id, status, error, orders from page"))
    told = await faults_of(lab, thing())
    assert told == "thing is not a table, and its rows can't be locked: map the table behind it"


async def test_a_key_that_is_not_unique_in_the_database(lab):
    await lab.execute(text("create table thing (id integer, status text, error text, orders text)"))
    told = await faults_of(lab, thing())
    assert told.startswith("table thing: the model's primary key (id) is not unique in the database")


async def test_a_key_that_is_unique_for_some_rows_only(lab):
    await lab.execute(text("create table thing (id integer, status text, error text, orders text)"))
    await lab.execute(text("create unique index on thing (id) where status = 'Queued'"))
    assert "is not unique in the database" in await faults_of(lab, thing())


async def test_a_key_that_may_be_null(lab):
    """A unique index lets any number of rows have a null: they are one item to the engine."""
    await lab.execute(text("create table thing (id integer unique, status text, error text, orders text)"))
    told = await faults_of(lab, thing())
    assert "null" in told


async def test_a_key_that_every_claim_changes(lab):
    """As it must be where a table is partitioned by its status."""

    class Part(DeclarativeBase):
        pass

    class Thing(Part):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        status: Mapped[str] = mapped_column(primary_key=True)

    await lab.create(Part.metadata)
    told = await faults_of(lab, Thing, error=None)
    assert told.startswith("table thing: 'status' is part of the model's primary key, and every claim changes it")


@pytest.mark.parametrize("kind", KINDS_OF_KEY)
async def test_a_key_that_can_not_be_read_back_from_its_text(lab, kind):
    await lab.execute(text("create table thing (id text primary key, status text, error text, orders text)"))
    await lab.execute(KINDS_OF_KEY[kind])
    told = await faults_of(lab, thing())
    assert told.startswith(
        f"table thing: 'id', of the model's primary key, is of the type {kind}, whose values can't be"
    )


async def test_a_table_from_which_others_inherit(lab):
    """Each has its own index, so that a key may occur twice, and two rows would share a claim."""
    await lab.create(thing().metadata)
    await lab.execute(text("create table heir () inherits (thing)"))
    assert (await faults_of(lab, thing())).startswith("table thing has tables that inherit from it")


@pytest.mark.parametrize("kind", KINDS_OF_ERROR)
async def test_an_error_column_that_holds_no_text(lab, kind):
    await lab.create(thing().metadata)
    await lab.execute(KINDS_OF_ERROR[kind])
    told = await faults_of(lab, thing())
    assert told.startswith(f"thing.error can't hold the text of an error, as its type is {kind}: name a column of type")


async def test_an_error_column_that_must_not_be_null_is_empty_while_nothing_is_wrong(lab):
    """Many a table has ``NOT NULL DEFAULT ''``."""
    await lab.execute(text("alter table page alter error set default '', alter error set not null"))
    await lab.execute(text("insert into page (status, orders) values ('Queued', 'retry'), ('Queued', 'fail')"))
    plugin = plugin_of(pages_workflow(), follow_orders)
    summary = await lab.until_idle({"pages": plugin}, policies={"pages": quick()})
    assert summary.faults == {}
    assert await lab.all(select(Page.status, Page.error).order_by(Page.id)) == [
        ("Completed", ""),
        ("Error", "it can't be done"),
    ]


async def test_a_right_that_is_missing(lab):
    await lab.create(thing().metadata)
    for statement in (
        text("create role half_a_worker login"),
        text("grant all on all tables in schema curation to half_a_worker"),
        text("grant usage on schema curation to half_a_worker"),
        text("grant all on all sequences in schema curation to half_a_worker"),
        text("grant all on page, effect to half_a_worker"),
        text("grant select on thing to half_a_worker"),
    ):
        await lab.execute(statement)
    owner = lab.url
    try:
        store_url = lab.url_of("half_a_worker")
        lab.url = store_url
        told = await faults_of(lab, thing())
    finally:
        lab.url = owner
        await lab.execute(text("drop owned by half_a_worker"))
        await lab.execute(text("drop role half_a_worker"))
    assert told == "the database refuses a statement on thing: permission denied for table thing"


async def test_a_condition_that_the_database_does_not_understand(lab):
    model = thing(Column("rank", Text))
    await lab.create(model.metadata)
    told = await faults_of(lab, model, where=model.__table__.c.rank.op("@@@")("x"))
    assert told.startswith("the database refuses a statement on thing: operator does not exist")


async def test_an_order_that_the_database_can_not_sort_by(lab):
    model = thing(Column("place", Text))
    await lab.create(model.metadata)
    await lab.execute(text("alter table thing alter place type point using null"))
    told = await faults_of(lab, model, order_by=(model.place,))
    assert "could not identify an ordering operator for type point" in told


async def test_a_healthy_partitioned_table_is_worked(lab):
    model = thing()
    await lab.execute(
        text(
            "create table thing (id integer primary key, status text, error text, orders text) partition by range (id)"
        )
    )
    await lab.execute(text("create table thing_low partition of thing for values from (0) to (10)"))
    await lab.execute(text("create table thing_high partition of thing for values from (10) to (100)"))
    rows = [{"id": number, "status": "Queued", "orders": "ok"} for number in range(5, 15)]
    await lab.execute(insert(model.__table__), rows)
    workflow = Workflow(status=model.status, error=model.error, states=WORDS)
    summary = await lab.until_idle({"items": plugin_of(workflow, return_orders)}, policies={"items": quick()})
    assert summary.faults == {}
    assert await lab.statuses(model) == {"Completed": 10}


async def test_a_lifespan_that_raises_disables_its_workflow_alone(lab):
    async def nothing(item):
        return None

    def lifespan(settings):
        raise RuntimeError("no key")

    await lab.add_pages("ok")
    await lab.execute(insert(Contact).values(status="Queued"))
    plugins = {
        "contacts": plugin_of(contacts_workflow(), nothing),
        "pages": plugin_of(pages_workflow(), return_orders, lifespan=lifespan),
    }
    summary = await lab.until_idle(plugins, policies=dict.fromkeys(plugins, quick()))
    assert summary.faults == {"pages": "its lifespan could not be entered: RuntimeError: no key"}
    assert await lab.all(select(Contact.status)) == [("Completed",)]
    assert await lab.statuses() == {"Queued": 1}


# -- words that are nearly those of the rows --------------------------------------------------------------------------


async def doubts_of(lab, caplog, **words):
    """The warnings of a start over pages that are Completed; the words are otherwise than the pages'."""
    await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders)})
    caplog.clear()
    states = States(
        **{"queued": "Queued", "processing": "Processing", "completed": "Completed", "failed": "Failed", **words}
    )
    workflow = Workflow(status=Page.status, error=Page.error, states=states)
    await lab.until_idle({"pages": plugin_of(workflow, return_orders)})
    return [record.getMessage() for record in caplog.records if "misspelt" in record.getMessage()]


@pytest.mark.parametrize("misspelt", ["Complete", "completed", "Completed "])
async def test_a_word_that_no_row_has_beside_one_that_is_nearly_the_same_is_a_warning(lab, caplog, misspelt):
    await lab.add_pages("ok", "ok")
    (warning,) = await doubts_of(lab, caplog, completed=misspelt)
    assert f"page.status seen so far is {misspelt!r}, the word for completed, and there are 'Completed'" in warning


async def test_the_word_is_found_among_those_of_a_table_whose_first_rows_have_others(lab, caplog):
    await lab.add_pages(*["ok"] * 1200)
    await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders)})
    await lab.add_pages(*["ok"] * 50)
    await lab.execute(text("analyze page"))
    (warning,) = await doubts_of(lab, caplog, queued="Queud")
    assert "'Queud', the word for queued, and there are 'Queued'" in warning


@pytest.mark.parametrize("other", ["Done", "Completed"])
async def test_a_word_that_is_another_or_that_rows_have_is_no_warning(lab, caplog, other):
    await lab.add_pages("ok")
    assert await doubts_of(lab, caplog, completed=other) == []


async def test_a_host_that_may_not_see_the_statistics_works_all_the_same(lab, caplog):
    await lab.add_pages("ok")
    for statement in (
        text("create role no_statistics login"),
        text("revoke select on pg_catalog.pg_stats from public"),
        text("grant usage on schema curation to no_statistics"),
        text("grant all on all tables in schema curation to no_statistics"),
        text("grant all on all sequences in schema curation to no_statistics"),
        text("grant all on page to no_statistics"),
    ):
        await lab.execute(statement)
    owner = lab.url
    try:
        lab.url = lab.url_of("no_statistics")
        summary = await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders)})
    finally:
        lab.url = owner
        await lab.execute(text("grant select on pg_catalog.pg_stats to public"))
        await lab.execute(text("drop owned by no_statistics"))
        await lab.execute(text("drop role no_statistics"))
    assert (summary.faults, summary.counts) == ({}, {"pages": {"done": 1}})
    assert [line for line in caplog.messages if line.startswith("pages: its status words could not be compared")]
