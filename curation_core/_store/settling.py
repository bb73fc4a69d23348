"""Settle a group of claims in one transaction: fence, status, the plugin's writes, history."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from curation_core._sql import control as control_sql
from curation_core._sql import settle as settle_sql
from curation_core._sql.rows import Rows, named
from curation_core._store.connections import is_locked_out, is_passing, transaction
from curation_core._store.orphans import adopt
from curation_core._store.refusals import RefusedError, SaveError, SaveLockedError, is_ours, raise_if_hindered
from curation_core._store.session import settle_session, tables_written
from curation_core.claims import Settlement, Verdict, Written
from curation_core.ledger import Ledger
from curation_core.states import Role, Transition

Save = Callable[[AsyncSession, Any, Any], Awaitable[None]]
OVERRULED = "overruled"
GONE = "its claim was gone when its result came"
SAVE_WITHIN = timedelta(seconds=30)
"""How long saving one group may take at most: it holds row locks. One that takes longer is settled one by one."""
LOCKED_AFTER = "1s"
"""A settle that waits for longer goes on without the rows that somebody has locked: a person's open session, mostly."""
_WITH_ERROR = {Transition.FAIL, Transition.RETRY, Transition.RESCUE, Transition.ABANDON}


class SettleStore:
    """Settles the claims of one workflow.

    Args:
        engine: The engine's connections.
        ledger: The engine's tables.
        now: The SQL expression for the present.
        rows: The workflow's rows.
        save: The plugin's ``save_result``, if it has one.
        watchers: For the full name of a table, the workflows to wake when rows of it were written.
        save_within: How long ``save_result`` may take, if that is less than `SAVE_WITHIN`.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        ledger: Ledger,
        now: ColumnElement[Any],
        rows: Rows,
        save: Save | None,
        watchers: dict[str, Collection[str]],
        save_within: timedelta = SAVE_WITHIN,
    ) -> None:
        self._engine = engine
        self._save = save
        self._save_within = min(save_within, SAVE_WITHIN).total_seconds()
        self._rows = rows
        self._ledger = ledger
        self._now = now
        self._watchers = watchers
        self._drop = settle_sql.drop_if_held(rows, ledger)
        self._rearm = settle_sql.rearm_if_held(rows, ledger, now)
        self._movable = settle_sql.movable(rows)
        self._there = settle_sql.there(rows)
        self._still_to_move = settle_sql.still_to_move(rows)
        self._give_back = settle_sql.give_back_unwanted(rows)
        self._drop_waiting = settle_sql.drop_waiting(rows, ledger)
        self._record = settle_sql.record(rows, ledger, now)
        self._recorded = settle_sql.recorded(rows, ledger)
        self._pause = control_sql.pause(ledger, now)
        self._notify = settle_sql.notify(ledger.schema)
        self._lock_timeout = settle_sql.give_up_on_locks_after()
        self._plan_as_anywhere = settle_sql.plan_as_anywhere()
        self._move: dict[tuple[Role, bool], ReturningUpdate[str]] = {}
        for transition in Transition:
            with_error = transition in _WITH_ERROR and rows.error is not None
            for kind in {(transition.target, with_error), (transition.target, False)}:
                if kind not in self._move:
                    self._move[kind] = settle_sql.move_if_processing(rows, kind[0], with_error=kind[1])

    async def settle(self, worker: UUID, verdicts: Sequence[Verdict], *, around_locks: bool = False) -> Settlement:
        """Settle a group, or nothing of it.

        Args:
            worker: Who holds the claims.
            verdicts: What to do with each.
            around_locks: Leave out the rows that somebody has locked, and do not wait for them.

        Raises:
            Exception: Whatever a statement or ``save_result`` raised. Nothing was committed, unless the connection
                died during the commit: settling again is safe, since a settled claim is no longer held.
        """
        async with transaction(self._engine) as connection:
            await connection.execute(self._lock_timeout, named(lock_timeout=LOCKED_AFTER))
            locked = await self.locked(connection, verdicts) if around_locks else set()
            free = [verdict for verdict in verdicts if verdict.claim.item not in locked]
            settlement = await self.settle_within(connection, worker, free)
            settlement.locked = [verdict for verdict in verdicts if verdict.claim.item in locked]
            return settlement

    async def locked(self, connection: AsyncConnection, verdicts: Sequence[Verdict]) -> set[str]:
        """The items whose rows somebody else has locked. All others are locked by the connection's transaction now."""
        items = named(item=[verdict.claim.item for verdict in verdicts])
        ours = set((await connection.execute(self._movable, items)).scalars())
        return set((await connection.execute(self._there, items)).scalars()) - ours

    async def adopt(self, verdicts: Sequence[Verdict]) -> int:
        """Queue the rows of claims that are gone without a trace, with the engine's tables or by hand.

        They would stay in processing: no claim is left of which a rescue could learn. What somebody holds, or has
        moved, stays as it is. Returns how many there were.
        """
        items = [verdict.claim.item for verdict in verdicts]
        async with transaction(self._engine) as connection:
            return await adopt(connection, self._rows, self._ledger, self._now, GONE, items)

    async def outcomes(self, verdicts: Sequence[Verdict]) -> dict[int, str]:
        """How these ended, by their tokens: by a commit whose answer was lost, or by a rescue."""
        async with self._engine.connect() as connection:
            found = await connection.execute(self._recorded, _fences(verdicts))
            return {row.token: row.outcome for row in found}

    async def settle_within(self, connection: AsyncConnection, worker: UUID, verdicts: Sequence[Verdict]) -> Settlement:
        """As `settle`, in a transaction that is open already: a rescue has locked what it settles."""
        once = {verdict.claim.item: verdict for verdict in reversed(verdicts)}
        if len(once) < len(verdicts):  # a row that was lost and claimed again by the same worker, and both came back
            first = await self.settle_within(connection, worker, list(once.values()))
            taken = set(once.values())
            rest = await self.settle_within(connection, worker, [each for each in verdicts if each not in taken])
            return Settlement(
                [*first.settled, *rest.settled], [*first.overruled, *rest.overruled], [*first.lost, *rest.lost]
            )
        # One order for everybody: two settles, or a settle and a person's update by key, do not wait crosswise.
        verdicts = sorted(verdicts, key=lambda verdict: verdict.claim.item)
        held = await self._fence(connection, worker, verdicts)
        lost = [verdict for verdict in verdicts if verdict.claim.item not in held]
        kept = [verdict for verdict in verdicts if verdict.claim.item in held] if lost else verdicts
        moved = await self._move_rows(connection, kept)
        overruled = [verdict for verdict in kept if verdict.claim.item not in moved]
        settled = [verdict for verdict in kept if verdict.claim.item in moved] if overruled else list(kept)
        if overruled:
            items = named(item=[verdict.claim.item for verdict in overruled])
            if (unmoved := (await connection.execute(self._still_to_move, items)).scalars().first()) is not None:
                message = f"the table keeps {unmoved} as it is, and nobody has moved it: a trigger drops the change"
                raise RefusedError(message)
            await connection.execute(self._give_back, items)
            await connection.execute(self._drop_waiting, items)
            settled, overruled = await self._after_others(connection, settled, overruled)
        written = await self._save_results(connection, settled)
        await self._write_history(connection, worker, settled, overruled)
        await self._pause_workflow(connection, settled)
        await self._wake_watchers(connection, written)
        return Settlement(settled, overruled, lost)

    async def _fence(self, connection: AsyncConnection, worker: UUID, verdicts: Sequence[Verdict]) -> set[str]:
        ending = [verdict for verdict in verdicts if verdict.transition.target is not Role.QUEUED]
        returning = [verdict for verdict in verdicts if verdict.transition.target is Role.QUEUED]
        held: set[str] = set()
        if ending:
            found = await connection.execute(self._drop, {**named(worker=worker), **_fences(ending)})
            held.update(found.scalars())
        if returning:
            parameters = named(worker=worker, change={verdict.claim.item: _change(verdict) for verdict in returning})
            found = await connection.execute(self._rearm, {**parameters, **_fences(returning)})
            held.update(found.scalars())
        return held

    async def _move_rows(self, connection: AsyncConnection, verdicts: Sequence[Verdict]) -> set[str]:
        groups: dict[tuple[Role, bool], list[Verdict]] = defaultdict(list)
        moved: set[str] = set()
        for verdict in verdicts:
            if verdict.written is Written.NOTHING:
                moved.add(verdict.claim.item)
                continue
            has_reason = verdict.transition in _WITH_ERROR and verdict.written is Written.WHOLE
            groups[verdict.transition.target, has_reason and self._rows.error is not None].append(verdict)
        for kind, group in groups.items():
            parameters = named(item=[verdict.claim.item for verdict in group])
            if kind[1]:
                parameters |= named(error={verdict.claim.item: verdict.reason for verdict in group})
            try:
                found = await connection.execute(self._move[kind], parameters)
            except DBAPIError as error:
                raise_if_hindered(error)
                if is_passing(error):
                    raise
                message = f"the database refused the status for {kind[0]}: {error.orig}"
                raise RefusedError(message) from error
            moved.update(found.scalars())
        return moved

    async def _after_others(
        self, _connection: AsyncConnection, settled: list[Verdict], moved: list[Verdict]
    ) -> tuple[list[Verdict], list[Verdict]]:
        """What is settled and what is overruled, where somebody has moved rows: whoever did, wins."""
        return settled, moved

    async def _save_results(self, connection: AsyncConnection, settled: Sequence[Verdict]) -> set[str]:
        saving = [verdict for verdict in settled if verdict.saves]
        if self._save is None or not saving:
            return set()
        await connection.execute(self._plan_as_anywhere)
        async with settle_session(connection) as session:
            try:
                async with asyncio.timeout(self._save_within):
                    for verdict in saving:
                        await self._save(session, verdict.claim.row, verdict.result)
                    await session.flush()
            except BaseException as error:
                if is_locked_out(error):
                    message = "save_result writes something that somebody has locked"
                    raise SaveLockedError(message) from error
                raise_if_hindered(error)
                if is_ours(error):
                    raise
                raise SaveError(saving) from error
            return tables_written(session)

    async def _write_history(
        self, connection: AsyncConnection, worker: UUID, settled: Sequence[Verdict], overruled: Sequence[Verdict]
    ) -> None:
        written = [*settled, *overruled]
        if not written:
            return
        claims = [verdict.claim for verdict in written]
        await connection.execute(
            self._record,
            {
                **_fences(written),
                **named(
                    worker=worker,
                    attempt=[claim.attempt for claim in claims],
                    claimed_at=[claim.claimed_at for claim in claims],
                    seconds=[verdict.seconds for verdict in written],
                    outcome=[verdict.outcome for verdict in settled] + [OVERRULED] * len(overruled),
                    reason=[verdict.reason for verdict in written],
                ),
            },
        )

    async def _pause_workflow(self, connection: AsyncConnection, settled: Sequence[Verdict]) -> None:
        pauses = [verdict for verdict in settled if verdict.pause is not None]
        if not pauses:
            return
        longest = max(pauses, key=lambda verdict: verdict.pause or verdict.wait)
        await connection.execute(
            self._pause,
            named(workflow=self._rows.name, duration=longest.pause, by="an item", reason=longest.reason),
        )

    async def _wake_watchers(self, connection: AsyncConnection, written: set[str]) -> None:
        names = sorted({name for table in written for name in self._watchers.get(table, ())})
        if names:
            await connection.execute(self._notify, named(workflows=",".join(names)))


def _change(verdict: Verdict) -> dict[str, Any]:
    return {
        "wait": verdict.wait.total_seconds(),
        "error": verdict.reason,
        "charge": 0 if verdict.charged else -1,
        "lost": int(verdict.lost),
    }


def _fences(verdicts: Sequence[Verdict]) -> dict[str, list[Any]]:
    return named(item=[verdict.claim.item for verdict in verdicts], token=[verdict.claim.token for verdict in verdicts])
