"""Plugins that take what is not theirs: rows, connections, the event loop, memory. Each fails exactly one check."""

import asyncio
import os
import tempfile
import threading
import time
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from notes import Finding, Note, fails, lifespan, process_item, save_result, suite
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

# -- rows -----------------------------------------------------------------------------------------------------------


async def queues_another_again(session, item, result):
    await save_result(session, item, result)
    if item.id > 25:
        await session.execute(update(Note).where(Note.id == item.id - 25).values(status="Queued"))


async def fetches_and_forgets(session, item, result):
    if await session.get(Finding, item.id) is None:
        await queues_another_again(session, item, result)


TestQueuesAnotherAgain = fails(
    suite(save_result=fetches_and_forgets), "three_engines_settle_each_item_once", "settled more than once"
)


async def reserves_the_next_ones(item, resources):
    following = Note.id.in_(range(item.id + 3, item.id + 9))
    async with resources.sessions.begin() as session:
        mine = update(Note).where(following, Note.status == "Queued").values(status="Processing").returning(Note.id)
        reserved = list(await session.scalars(mine))
    try:
        await asyncio.sleep(0)
        return await process_item(item, resources)
    finally:
        async with resources.sessions.begin() as session:
            await session.execute(update(Note).where(Note.id.in_(reserved)).values(status="Queued"))


TestReservesTheNextOnes = fails(suite(process_item=reserves_the_next_ones), "limits_are_respected", "in processing")


async def deletes_its_own_row(session, item, result):
    await session.execute(delete(Note).where(Note.id == item.id))


TestDeletesItsOwnRow = fails(
    suite(save_result=deletes_its_own_row),
    "a_row_can_be_worked_again",
    r"its row is no longer there(?s:.*)skip=",
    alone=True,
)


async def overwrites_every_row(session, item, result):
    await save_result(session, item, result)
    await session.execute(update(Note).values(path=f"/{len(result)}"))


TestOverwritesEveryRow = fails(
    suite(save_result=overwrites_every_row),
    "other_rows_stay_as_they_are",
    r"changed the row of another: id=\d+: path was \"/\d\" and is \"/11\"(; id=|\n)",
    alone=True,
)


async def goes_by_the_name(session, item, result):
    await save_result(session, item, result)
    await session.execute(update(Note).where(Note.path == item.path).values(error=result))


TestGoesByTheName = fails(
    suite(save_result=goes_by_the_name), "other_rows_stay_as_they_are", "changed the row of another", alone=True
)


async def makes_room_first(session, item, result):
    await session.execute(delete(Finding))
    await save_result(session, item, result)


TestMakesRoomFirst = fails(
    suite(save_result=makes_room_first), "other_rows_stay_as_they_are", "what the run of another had left", alone=True
)


async def adds_one_more(session, item, result):
    added = insert(Finding).values(note_id=item.id, text=result)
    more = {"text": Finding.text + ", once more"}
    await session.execute(added.on_conflict_do_update(index_elements=[Finding.note_id], set_=more))


TestAddsOneMore = fails(suite(save_result=adds_one_more), "a_row_can_be_worked_again", "once more")


async def collides(session, item, result):
    session.add(Finding(note_id=item.id, text=result))


TestCollides = fails(suite(save_result=collides), "a_row_can_be_worked_again", "duplicate key", alone=True)

# -- what goes on without it -----------------------------------------------------------------------------------------


async def writes_on_its_item(item, resources):
    item.error = await process_item(item, resources)
    return item.error


TestWritesOnItsItem = fails(suite(process_item=writes_on_its_item), "the_item_is_only_read", "set 'error' of its item")

told = set()


async def tells_somebody_later(item, resources):
    telling = asyncio.create_task(asyncio.sleep(60), name="telling")
    told.add(telling)
    telling.add_done_callback(told.discard)
    return await process_item(item, resources)


TestTellsSomebodyLater = fails(
    suite(process_item=tells_somebody_later), "nothing_goes_on_after_a_run", "went on: sleep", alone=True
)


async def saves_the_rest_later(session, item, result):
    await save_result(session, item, result)
    await tells_somebody_later(item, NoResources())


class NoResources:
    async def fetch(self, path):
        return path


TestSavesTheRestLater = fails(
    suite(save_result=saves_the_rest_later), "nothing_goes_on_after_a_run", "save_result returned while", alone=True
)

# -- results ----------------------------------------------------------------------------------------------------------


async def remembers_the_item(item, resources):
    resources.item = item
    await asyncio.sleep(0.01)
    return await process_item(resources.item, resources)


TestRemembersTheItem = fails(
    suite(process_item=remembers_the_item), "items_keep_to_themselves", "did not leave what it leaves alone", alone=True
)

words = []


async def adds_to_what_others_found(item, resources):
    words.append(await process_item(item, resources))
    return " ".join(words)


TestAddsToWhatOthersFound = fails(
    suite(process_item=adds_to_what_others_found), "items_keep_to_themselves", "missing in findings", alone=True
)

# -- connections ----------------------------------------------------------------------------------------------------


async def fetches_in_a_transaction(item, resources):
    async with resources.sessions.begin() as session:
        await session.scalar(select(Note.path).where(Note.id == item.id))
        return await process_item(item, resources)


TestFetchesInATransaction = fails(
    suite(process_item=fetches_in_a_transaction), "no_connection_is_held_during_io", "a transaction is open"
)


async def fetches_on_a_connection_of_its_own(item, resources):
    async with resources.sessions() as session:
        url = session.get_bind().url
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))
        return await process_item(item, resources)


TestFetchesOnAConnectionOfItsOwn = fails(
    suite(process_item=fetches_on_a_connection_of_its_own),
    "no_connection_is_held_during_io",
    "a connection of its own",
    alone=True,
)


async def asks_again_in_a_transaction(item, resources):
    found = await process_item(item, resources)
    async with resources.sessions.begin() as session:
        await session.scalar(select(Note.path).where(Note.id == item.id))
        await process_item(item, resources)
    return found


TestAsksAgainInATransaction = fails(
    suite(process_item=asks_again_in_a_transaction),
    "no_connection_is_held_during_io",
    "a transaction is open",
    alone=True,
)

# -- the event loop ---------------------------------------------------------------------------------------------------


async def blocks(item, resources):
    if item.id % EVERY == 0:
        time.sleep(BLOCKED)
    return await process_item(item, resources)


BLOCKED, EVERY, THOUSAND = 0.15, 5, "memory_and_files_stay_flat"

TestBlocksTheLoop = fails(suite(process_item=blocks), "the_event_loop_stays_free", "stood still for", spares=THOUSAND)
TestBlocksTheLoopWhereNoOtherCheckIsRun = fails(
    suite(process_item=blocks), [], "the event loop stood still for", alone=True, spares=THOUSAND
)


async def asks_in_the_loops_own_thread(item, resources):
    with urlopen(resources.settings.address + item.path) as answer:  # noqa: S310 - of the loopback server
        return answer.read().decode()


TestAsksInTheLoopsOwnThread = fails(
    suite(process_item=asks_in_the_loops_own_thread), "the_event_loop_stays_free", "stood still for", alone=True
)

# -- memory and files -------------------------------------------------------------------------------------------------

kept = []


async def keeps_what_it_saw(item, resources):
    kept.append(bytearray(64 * 1024))
    return await process_item(item, resources)


TestKeepsWhatItSaw = fails(suite(process_item=keeps_what_it_saw), "memory_and_files_stay_flat", "MB behind")


async def blocks_at_first_and_keeps(item, resources):
    if item.id <= EVERY:
        time.sleep(BLOCKED)
    return await keeps_what_it_saw(item, resources)


TestBlocksAsItsAuthorKnowsAndKeepsWhatItSaw = fails(
    suite(process_item=blocks_at_first_and_keeps, skip={"the_event_loop_stays_free": "it is known"}),
    THOUSAND,
    "MB behind",
    alone=True,
)


async def leaves_files_open(item, resources):
    kept.append(Path(__file__).open())  # noqa: SIM115 - that is what is wrong with it
    return await process_item(item, resources)


TestLeavesFilesOpen = fails(
    suite(process_item=leaves_files_open), "memory_and_files_stay_flat", "files or sockets open", alone=True
)


@asynccontextmanager
async def tidies_up_at_the_very_end(settings, sessions):
    async with lifespan(settings, sessions) as resources:
        resources.left = []
        yield resources
        for leave in resources.left:
            leave()


async def makes_temporary_files(item, resources):
    handle, name = tempfile.mkstemp()
    os.close(handle)
    resources.left.append(partial(os.unlink, name))
    return await process_item(item, resources)


TestMakesTemporaryFiles = fails(
    suite(process_item=makes_temporary_files, lifespan=tidies_up_at_the_very_end),
    "memory_and_files_stay_flat",
    "temporary files behind",
    alone=True,
)


async def starts_a_thread_each(item, resources):
    end = threading.Event()
    threading.Thread(target=end.wait).start()
    resources.left.append(end.set)
    return await process_item(item, resources)


TestStartsAThreadEach = fails(
    suite(process_item=starts_a_thread_each, lifespan=tidies_up_at_the_very_end),
    "memory_and_files_stay_flat",
    r"threads behind \(Thread",
    alone=True,
)


async def starts_a_child_now_and_then(item, resources):
    if item.id % 4 == 0:
        child = await asyncio.create_subprocess_exec("sleep", "60")
        resources.left.append(child.kill)
    return await process_item(item, resources)


TestStartsAChildNowAndThen = fails(
    suite(process_item=starts_a_child_now_and_then, lifespan=tidies_up_at_the_very_end),
    "memory_and_files_stay_flat",
    "child processes behind",
    alone=True,
)
