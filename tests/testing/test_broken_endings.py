"""Plugins for whom no attempt is ever lost: crashes, limits, cancellations, people. Each fails exactly one check."""

import asyncio
from uuid import uuid4

from notes import Finding, Note, fails, on_error, process_item, suite
from sqlalchemy import literal, select, update
from sqlalchemy.dialects.postgresql import insert

from curation_core import Done

# -- crashes ----------------------------------------------------------------------------------------------------------


async def writes_at_once(item, resources):
    found = await process_item(item, resources)
    async with resources.sessions.begin() as session:
        still_ours = select(Note.id, literal(found)).where(Note.id == item.id, Note.status == "Processing")
        await session.execute(insert(Finding).from_select(["note_id", "text"], still_ours).on_conflict_do_nothing())
    return found


async def writes_nothing(session, item, result):
    pass


LATER_DEATHS = [f"a_crash_leaves_no_effect[{point}]" for point in ("after_process", "before_settle", "in_settle")]
TestWritesAtOnce = fails(
    suite(process_item=writes_at_once, save_result=writes_nothing), LATER_DEATHS, "this is left of it"
)


async def counts_attempts(item, attempt, resources):
    return f"{await process_item(item, resources)} at attempt {attempt.number}"


TestCountsAttempts = fails(
    suite(process_item=counts_attempts), "a_crash_leaves_no_effect", "second run left something else"
)


async def improves_what_is_there(item, resources):
    found = await process_item(item, resources)
    async with resources.sessions.begin() as session:
        await session.execute(update(Finding).where(Finding.note_id == item.id).values(text="better"))
    return found


TestImprovesWhatIsThere = fails(
    suite(process_item=improves_what_is_there), "a_stalled_worker_changes_nothing", "came too late"
)

# -- calls that are paid for ------------------------------------------------------------------------------------------


async def pays_anew(item, resources):
    return await resources.fetch(item.path, f"Idempotency-Key: {uuid4()}")


TestPaysAnew = fails(
    suite(process_item=pays_anew),
    [*LATER_DEATHS],
    r"call of GET /1 was made again with another idempotency-key(?s:.*)attempt\.idempotency_key",
    alone=True,
)


async def pays_for_all_at_once(item, resources):
    bought = f"{item.path}?idempotency_key=mine"
    return await resources.fetch(bought)


TestPaysForAllAtOnce = fails(
    suite(process_item=pays_for_all_at_once), "other_rows_stay_as_they_are", "with the same idempotency_key", alone=True
)

# -- limits -----------------------------------------------------------------------------------------------------------


def takes_time_for_success(error):
    return Done("in time, nearly") if isinstance(error, TimeoutError) else on_error(error)


TestTakesTimeForSuccess = fails(suite(on_error=takes_time_for_success), "the_time_limit_is_honoured", "came to 'done'")


async def hands_in_half(item, resources):
    try:
        return await process_item(item, resources)
    except asyncio.CancelledError:
        return "half of it"


TestHandsInHalf = fails(suite(process_item=hands_in_half), "a_cancellation_is_honoured", "done")


async def does_not_hear(item, resources):
    while True:
        try:
            return await process_item(item, resources)
        except BaseException:  # noqa: BLE001 - that is what is wrong with it
            await asyncio.sleep(0)


TestDoesNotHear = fails(suite(process_item=does_not_hear), "the_time_limit_is_honoured", "ignored", alone=True)
TestDoesNotHearTheEnd = fails(suite(process_item=does_not_hear), "a_cancellation_is_honoured", "went on", alone=True)

# -- people -----------------------------------------------------------------------------------------------------------


async def insists(item, resources):
    found = await process_item(item, resources)
    async with resources.sessions.begin() as session:
        taken = update(Note).where(Note.id == item.id, Note.status == "Not a Fit")
        await session.execute(taken.values(status="Processing"))
    return found


TestInsists = fails(suite(process_item=insists), "a_person_wins", "set the row to 'Not a Fit'")
