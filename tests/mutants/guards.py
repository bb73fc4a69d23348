"""The guards of the protocol, how to take each away, and the tests that must fail then.

A guard that can be taken away with no test failing is either not needed or not tested. `nox -s mutants` takes away one
after the other, in a copy of the package.
"""

from __future__ import annotations

from dataclasses import dataclass

P = "tests/postgres/"
I1, I2 = P + "test_i1_one_live_claim.py", P + "test_i2_effects_and_status_together.py"
I3, I4 = P + "test_i3_a_lost_claim_changes_nothing.py", P + "test_i4_no_row_stays_processing.py"
I5, I6 = P + "test_i5_attempts_are_counted_at_the_claim.py", P + "test_i6_a_person_wins.py"
I8 = P + "test_i8_save_result_cannot_stop_another.py"
I9 = P + "test_i9_a_paid_call_is_not_repeated.py"
GUARDS_TEST = P + "test_guards.py"
TRIGGERS, UNSETTLED = P + "test_meddling_triggers.py", P + "test_what_cannot_be_settled.py"
REFUSED = P + "test_refused_claims.py"
LIMITS, HEART = P + "test_limits.py", P + "test_heartbeat.py"


@dataclass(frozen=True)
class Guard:
    """One guard.

    Args:
        name: What it is for, in a few words.
        file: Where it stands, from the package's folder.
        old: The text that has it, which stands there once.
        new: The same without it.
        killed_by: Tests of which at least one must fail then: a file, or a file and a test.
    """

    name: str
    file: str
    old: str
    new: str
    killed_by: tuple[str, ...]

    def taken_from(self, source: str) -> str:
        """The source without the guard.

        Raises:
            ValueError: The text that has it stands there not once.
        """
        if source.count(self.old) != 1:
            raise ValueError(f"{self.name}: its text stands {source.count(self.old)} times in {self.file}")
        return source.replace(self.old, self.new)


CLAIM, SETTLE, RESCUE = "_sql/claim.py", "_sql/settle.py", "_sql/rescue.py"
SETTLING, CLAIMING, UPKEEP = "_store/settling.py", "_store/claiming.py", "_store/upkeep.py"
CONNECTIONS = "_store/connections.py"

GUARDS = (
    # -- the claim -----------------------------------------------------------------------------------------------------
    Guard(
        "SKIP LOCKED of the window",
        CLAIM,
        '.with_for_update(skip_locked=True, key_share=True)\n        .cte("curation_seen")',
        '.with_for_update(key_share=True)\n        .cte("curation_seen")',
        (f"{GUARDS_TEST}::test_a_claim_waits_for_nobody",),
    ),
    Guard(
        "SKIP LOCKED of what fell due",
        CLAIM,
        ".with_for_update(skip_locked=True, key_share=True, of=[waiting, rows.table])",
        ".with_for_update(key_share=True, of=[waiting, rows.table])",
        (f"{GUARDS_TEST}::test_a_claim_waits_for_nobody",),
    ),
    Guard(
        "NO KEY UPDATE: a child row keeps no claim off",
        CLAIM,
        '.with_for_update(skip_locked=True, key_share=True)\n        .cte("curation_seen")',
        '.with_for_update(skip_locked=True)\n        .cte("curation_seen")',
        (f"{GUARDS_TEST}::test_an_uncommitted_child_row_keeps_no_claim_off",),
    ),
    Guard(
        "ON CONFLICT: the insert is the test",
        CLAIM,
        '.on_conflict_do_nothing(index_elements=["workflow", "item"])',
        '.on_conflict_do_update(index_elements=["workflow", "item"], set_={"worker": WORKER})',
        (f"{I6}::test_a_row_that_was_queued_again_under_an_older_snapshot_of_a_claimer_stays_queued",),
    ),
    Guard(
        "status second: only what was won is moved",
        CLAIM,
        'chosen = select(window).where(window.c.curation_item == won.c.item).subquery("curation_chosen")',
        'chosen = select(window).subquery("curation_chosen")',
        (f"{I6}::test_a_row_that_was_queued_again_under_an_older_snapshot_of_a_claimer_stays_queued",),
    ),
    Guard(
        "`where` at the claim",
        CLAIM,
        ".where(rows.has(Role.QUEUED), rows.wanted, beyond(rows, cursor), ~paused(rows, ledger, now))",
        ".where(rows.has(Role.QUEUED), beyond(rows, cursor), ~paused(rows, ledger, now))",
        (f"{GUARDS_TEST}::test_what_a_person_does_not_want_is_not_claimed",),
    ),
    Guard(
        "pause at the claim",
        CLAIM,
        ".where(rows.has(Role.QUEUED), rows.wanted, beyond(rows, cursor), ~paused(rows, ledger, now))",
        ".where(rows.has(Role.QUEUED), rows.wanted, beyond(rows, cursor))",
        (f"{GUARDS_TEST}::test_a_workflow_that_is_paused_claims_nothing",),
    ),
    Guard(
        "status at the claim of what fell due",
        CLAIM,
        "            rows.is_still(Role.QUEUED),\n            rows.wanted,\n            ~paused",
        "            rows.wanted,\n            ~paused",
        (f"{GUARDS_TEST}::test_what_a_person_does_not_want_is_not_claimed",),
    ),
    Guard(
        "`where` at the claim of what fell due",
        CLAIM,
        "            rows.is_still(Role.QUEUED),\n            rows.wanted,\n            ~paused",
        "            rows.is_still(Role.QUEUED),\n            ~paused",
        (f"{GUARDS_TEST}::test_what_a_person_does_not_want_is_not_claimed",),
    ),
    Guard(
        "pause at the claim of what fell due",
        CLAIM,
        "            rows.wanted,\n            ~paused(rows, ledger, now),\n",
        "            rows.wanted,\n",
        (f"{GUARDS_TEST}::test_a_workflow_that_is_paused_claims_nothing",),
    ),
    Guard(
        "a wait is waited for",
        CLAIM,
        "            waiting.c.retry_at <= now,\n",
        "",
        (f"{GUARDS_TEST}::test_a_wait_is_waited_for",),
    ),
    Guard(
        "a live claim never falls due",
        CLAIM,
        "            waiting.c.worker.is_(None),\n            waiting.c.retry_at <= now,\n",
        "            (waiting.c.retry_at <= now) | waiting.c.worker.is_not(None),\n",
        (f"{GUARDS_TEST}::test_a_row_that_a_person_queued_while_it_ran_is_nobody_elses",),
    ),
    Guard(
        "attempts charged at the claim",
        CLAIM,
        "attempt=claim.c.attempt + literal(1, literal_execute=True),",
        "attempt=claim.c.attempt,",
        (f"{GUARDS_TEST}::test_attempts_are_counted_at_the_claim",),
    ),
    Guard(
        "who may have killed two workers is claimed alone",
        CLAIM,
        "            is_suspect(waiting) if suspects else ~is_suspect(waiting),\n",
        "",
        (f"{GUARDS_TEST}::test_a_row_whose_worker_died_twice_is_claimed_alone",),
    ),
    # -- rows that can't be claimed ------------------------------------------------------------------------------------
    Guard(
        "claims go past a row that the table refuses",
        "_claimer.py",
        "                return Window([], first[1])\n",
        "                raise\n",
        (f"{REFUSED}::test_a_row_that_the_table_does_not_let_be_claimed_keeps_no_other_off",),
    ),
    Guard(
        "a claim that is refused asks for fewer rows, until one is left",
        "_claimer.py",
        "        return width > 1\n",
        "        return False\n",
        (f"{REFUSED}::test_a_row_that_the_table_does_not_let_be_claimed_keeps_no_other_off",),
    ),
    Guard(
        "a row that fell due and is refused waits on",
        "_claimer.py",
        "        item = await self._claims.postpone(POSTPONED, suspects=suspects)\n",
        "        item = None\n",
        (f"{REFUSED}::test_a_row_that_fell_due_and_can_not_be_claimed_keeps_no_other_off",),
    ),
    Guard(
        "a row that was refused is looked at again",
        "_claimer.py",
        "        self._look()\n",
        "",
        (f"{REFUSED}::test_a_row_that_was_refused_is_claimed_when_the_table_lets_it",),
    ),
    # -- the fence -----------------------------------------------------------------------------------------------------
    Guard(
        "the token in the fence",
        SETTLE,
        "        tuple_(claim.c.item, claim.c.token).in_(select(*fenced.c)).is_(true()),\n",
        "        tuple_(claim.c.item).in_(select(fenced.c.item)).is_(true()),\n",
        (f"{I3}::test_a_settle_that_lost_its_claim_changes_nothing[rescued_and_claimed_by_itself-complete]",),
    ),
    Guard(
        "the worker in the fence",
        SETTLE,
        '        claim.c.worker.is_not_distinct_from(given("worker", Uuid)),\n',
        '        func.num_nonnulls(claim.c.worker, given("worker", Uuid)) > 0,\n',
        (f"{I3}::test_a_claim_of_another_worker_is_not_settled_even_with_its_token",),
    ),
    Guard(
        "a new token at re-arm",
        SETTLE,
        "            worker=null(),\n            token=ledger.token.next_value(),\n",
        "            worker=null(),\n",
        (f"{GUARDS_TEST}::test_whatever_ends_a_claim_takes_its_token_away",),
    ),
    Guard(
        "fence before move",
        SETTLING,
        "        moved = await self._move_rows(connection, kept)\n",
        "        moved = await self._move_rows(connection, verdicts)\n",
        (f"{I3}::test_a_settle_that_lost_its_claim_changes_nothing[rescued_and_claimed_by_another-complete]",),
    ),
    Guard(
        "what lost its claim is told from what holds it",
        SETTLING,
        "        lost = [verdict for verdict in verdicts if verdict.claim.item not in held]\n",
        "        lost: list[Verdict] = []\n",
        (f"{I3}::test_a_settle_that_lost_its_claim_changes_nothing[rescued_and_claimed_by_another-complete]",),
    ),
    Guard(
        "two verdicts on one row, each against its own token",
        SETTLING,
        "        if len(once) < len(verdicts):  #",
        "        if len(once) > len(verdicts):  #",
        (f"{I3}::test_a_stale_verdict_in_one_group_with_the_valid_one_of_the_same_row_changes_nothing",),
    ),
    # -- the settle ----------------------------------------------------------------------------------------------------
    Guard(
        "status at the settle",
        SETTLE,
        "        .where(rows.among_items(), rows.is_still(Role.PROCESSING), rows.wanted)\n",
        "        .where(rows.among_items(), rows.wanted)\n",
        (f"{GUARDS_TEST}::test_a_person_overrules_a_settle",),
    ),
    Guard(
        "`where` at the settle",
        SETTLE,
        "        .where(rows.among_items(), rows.is_still(Role.PROCESSING), rows.wanted)\n",
        "        .where(rows.among_items(), rows.is_still(Role.PROCESSING))\n",
        (f"{GUARDS_TEST}::test_a_person_overrules_a_settle",),
    ),
    Guard(
        "status where a row is given back unwanted",
        SETTLE,
        "        .where(rows.among_items(), rows.is_still(Role.PROCESSING))\n",
        "        .where(rows.among_items())\n",
        (f"{GUARDS_TEST}::test_a_person_overrules_a_settle",),
    ),
    Guard(
        "a row that is no longer wanted is given back",
        SETTLING,
        "            await connection.execute(self._give_back, items)\n",
        "",
        (f"{GUARDS_TEST}::test_a_person_overrules_a_settle",),
    ),
    Guard(
        "an overruled retry leaves no wait",
        SETTLING,
        "            await connection.execute(self._drop_waiting, items)\n",
        "",
        (f"{GUARDS_TEST}::test_a_person_overrules_a_settle",),
    ),
    Guard(
        "a wait is dropped, and never a live claim",
        SETTLE,
        "        func.num_nulls(claim.c.worker) == literal(1, literal_execute=True),",
        "        func.num_nulls(claim.c.worker) >= literal(0, literal_execute=True),",
        (f"{GUARDS_TEST}::test_the_command_drops_a_wait_and_no_live_claim",),
    ),
    Guard(
        "move before save_result: an overruled one saves nothing",
        SETTLING,
        "        settled = [verdict for verdict in kept if verdict.claim.item in moved] if overruled else list(kept)\n",
        "        settled = list(kept)\n",
        (f"{GUARDS_TEST}::test_a_person_overrules_a_settle",),
    ),
    Guard(
        "one transaction: status and effects",
        SETTLING,
        "        written = await self._save_results(connection, settled)\n",
        "        raw: Any = (await connection.get_raw_connection()).driver_connection\n"
        '        await raw.execute("COMMIT; BEGIN")\n'
        "        written = await self._save_results(connection, settled)\n",
        (f"{I2}::test_a_constraint_that_is_checked_at_the_commit_leaves_neither_effect_nor_status",),
    ),
    Guard(
        "one transaction: claim and status",
        SETTLING,
        "        moved = await self._move_rows(connection, kept)\n",
        "        raw: Any = (await connection.get_raw_connection()).driver_connection\n"
        '        await raw.execute("COMMIT; BEGIN")\n'
        "        moved = await self._move_rows(connection, kept)\n",
        (f"{GUARDS_TEST}::test_a_settle_is_one_commit",),
    ),
    Guard(
        "one transaction: effects and history",
        SETTLING,
        "        await self._write_history(connection, worker, settled, overruled)\n",
        "        raw: Any = (await connection.get_raw_connection()).driver_connection\n"
        '        await raw.execute("COMMIT; BEGIN")\n'
        "        await self._write_history(connection, worker, settled, overruled)\n",
        (f"{GUARDS_TEST}::test_a_settle_is_one_commit",),
    ),
    Guard(
        "a release is not charged",
        SETTLING,
        '        "charge": 0 if verdict.charged else -1,\n',
        '        "charge": 0,\n',
        (f"{GUARDS_TEST}::test_a_release_and_a_pause_are_not_charged",),
    ),
    Guard(
        "times lost are counted",
        SETTLING,
        '        "lost": int(verdict.lost),\n',
        '        "lost": 0,\n',
        (f"{GUARDS_TEST}::test_a_row_is_lost_three_times_at_most",),
    ),
    # -- the verdict ---------------------------------------------------------------------------------------------------
    Guard(
        "lost three times",
        "_judge.py",
        "    if died and times >= MAX_LOST:\n",
        "    if died and times > 100 * MAX_LOST:\n",
        (f"{GUARDS_TEST}::test_a_row_is_lost_three_times_at_most",),
    ),
    Guard(
        "max_attempts of what fails",
        "_judge.py",
        "    if claim.attempt >= policy.max_attempts:\n        if policy.max_attempts > 1:\n",
        "    if claim.attempt > 100 * policy.max_attempts:\n        if policy.max_attempts > 1:\n",
        (f"{I5}::test_a_row_that_never_succeeds_fails_after_max_attempts_and_no_earlier[2]",),
    ),
    Guard(
        "max_attempts of what kills its worker",
        "_judge.py",
        "    if claim.attempt >= policy.max_attempts:\n        told = ",
        "    if claim.attempt > 100 * policy.max_attempts:\n        told = ",
        (f"{GUARDS_TEST}::test_a_crash_counts_as_an_attempt",),
    ),
    Guard(
        "an unknown outcome is an error",
        "_judge.py",
        "        if isinstance(returned, Outcome):\n",
        "        if False:\n",
        (
            f"{P}test_i8_one_plugin_cannot_stop_another.py::test_what_a_plugin_raises_or_returns_is_its_items_error_alone",
        ),
    ),
    # -- the rescue ----------------------------------------------------------------------------------------------------
    Guard(
        "the heartbeat test of the rescue",
        RESCUE,
        "return worker.c.heartbeat_at < now - worker.c.lost_after",
        "return worker.c.heartbeat_at < now + worker.c.lost_after",
        (f"{GUARDS_TEST}::test_only_who_was_silent_for_long_enough_loses_rows",),
    ),
    Guard(
        "a worker that is in no list has died",
        RESCUE,
        "return or_(worker.c.id.is_(None), _is_silent(worker, now))",
        "return _is_silent(worker, now)",
        (f"{GUARDS_TEST}::test_only_who_was_silent_for_long_enough_loses_rows",),
    ),
    Guard(
        "SKIP LOCKED of the rescue",
        RESCUE,
        ".with_for_update(of=claim, skip_locked=True)",
        ".with_for_update(of=claim)",
        (f"{GUARDS_TEST}::test_hosts_share_a_rescue_and_wait_for_nobody",),
    ),
    Guard(
        "a worker who holds rows is not forgotten",
        RESCUE,
        "        ~exists(select(claim.c.item).where(claim.c.worker == worker.c.id)),\n",
        "",
        (f"{GUARDS_TEST}::test_who_is_forgotten",),
    ),
    Guard(
        "a worker who lives is not forgotten",
        RESCUE,
        "        _is_silent(worker, now),\n        ~exists",
        "        ~exists",
        (f"{GUARDS_TEST}::test_who_is_forgotten",),
    ),
    Guard(
        "a wait that is wanted is not swept",
        RESCUE,
        "            .where(rows.is_item(claim.c.item), rows.is_still(Role.QUEUED), rows.wanted)\n",
        "            .where(rows.is_item(claim.c.item), false())\n",
        (f"{GUARDS_TEST}::test_a_sweep_drops_the_waits_that_nobody_waits_for_and_no_other",),
    ),
    Guard(
        "a wait for a row that was moved is swept",
        RESCUE,
        "            .where(rows.is_item(claim.c.item), rows.is_still(Role.QUEUED), rows.wanted)\n",
        "            .where(rows.is_item(claim.c.item), rows.wanted)\n",
        (f"{GUARDS_TEST}::test_a_sweep_drops_the_waits_that_nobody_waits_for_and_no_other",),
    ),
    Guard(
        "one row's refusal holds up no other's rescue",
        UPKEEP,
        "    except (DBAPIError, RefusedError) as error:\n        if is_passing(error):\n",
        "    except (DBAPIError, RefusedError) as error:\n        if True:\n",
        (f"{I4}::test_a_row_that_can_not_be_moved_keeps_no_other_from_being_taken_back",),
    ),
    Guard(
        "steady first: who was cut off itself rescues nobody yet",
        "_shift.py",
        "if self._heartbeat is not None and self._heartbeat.steady:",
        "if self._heartbeat is not None:",
        (f"{GUARDS_TEST}::test_a_host_that_was_cut_off_itself_lets_the_others_come_back_first",),
    ),
    # -- limits --------------------------------------------------------------------------------------------------------
    Guard(
        "max_in_flight",
        CLAIMING,
        "            return min(limit, self._limits.max_in_flight - int(live.items))\n",
        "            return limit\n",
        (f"{GUARDS_TEST}::test_limits_hold_between_two_claims_that_overlap",),
    ),
    Guard(
        "max_instances",
        CLAIMING,
        "if self._limits.max_instances and live.others >= self._limits.max_instances:",
        "if self._limits.max_instances and live.others >= 100 * self._limits.max_instances:",
        (f"{GUARDS_TEST}::test_limits_hold_between_two_claims_that_overlap",),
    ),
    Guard(
        "counting and claiming are one step",
        CLAIMING,
        "            await connection.execute(self._lock)\n",
        "",
        (f"{GUARDS_TEST}::test_limits_hold_between_two_claims_that_overlap",),
    ),
    # -- the worker ----------------------------------------------------------------------------------------------------
    Guard(
        "a lost worker stops itself: its row is gone",
        "_heartbeat.py",
        "        if not alive:\n",
        "        if False:\n",
        (f"{HEART}::test_a_worker_that_was_removed_from_the_list_starts_again_under_a_new_id",),
    ),
    Guard(
        "a lost worker stops itself: its beats did not come through",
        "_heartbeat.py",
        '        return f"no heartbeat could be written for {silent:.1f} s" if silent > self._lost_after else ""\n',
        '        return f"no heartbeat could be written for {silent:.1f} s" if silent > 1e9 else ""\n',
        (f"{GUARDS_TEST}::test_a_host_that_can_not_be_heard_takes_itself_for_lost",),
    ),
    Guard(
        "a loop that is stuck stops the beats",
        "_heartbeat.py",
        "        if stalled > self._stall_after:\n",
        "        if stalled > 1e9:\n",
        (f"{HEART}::test_the_rows_of_a_host_whose_loop_is_stuck_are_worked_by_another",),
    ),
    Guard(
        "late items are cancelled",
        "_runner.py",
        "            run.late = True\n            task.cancel()\n",
        "            run.late = True\n",
        (f"{GUARDS_TEST}::test_a_late_item_is_cancelled",),
    ),
    Guard(
        "what was cancelled by a stop is given back",
        "_runner.py",
        "        if self._cancelled_at is not None:\n            return _judge.release",
        "        if self._cancelled_at == -1:\n            return _judge.release",
        (f"{I5}::test_an_item_that_a_stopped_host_gives_back_is_not_charged",),
    ),
    # -- lost answers, and a database that is away ---------------------------------------------------------------------
    Guard(
        "reconsidered after a lost commit's answer",
        "_settler.py",
        "        if settlement.lost and again:\n",
        "        if False:\n",
        (f"{GUARDS_TEST}::test_a_settle_whose_answer_was_lost_finds_itself_in_the_history",),
    ),
    Guard(
        "reconsidered by what the history says",
        "_settler.py",
        "settled = [verdict for verdict, word in words if word == verdict.outcome]",
        "settled = [verdict for verdict, word in words if word is not None]",
        (f"{GUARDS_TEST}::test_a_settle_that_was_not_committed_and_then_rescued_is_lost",),
    ),
    Guard(
        "claims whose answer was lost are given back",
        "worker.py",
        "            if claim.token not in ours:\n",
        "            if False:\n",
        (f"{I9}::test_rows_of_a_claim_whose_answer_was_lost_do_not_stay_processing_under_a_living_worker[fresh]",),
    ),
    Guard(
        "claims that were heard of are kept",
        "worker.py",
        "            if claim.token not in ours:\n",
        "            if True:\n",
        (f"{GUARDS_TEST}::test_what_runs_is_not_given_back_by_a_sweep",),
    ),
    Guard(
        "a deadlock is tried again",
        CONNECTIONS,
        '("57014", "40001", "40P01")',
        '("57014", "40001")',
        (f"{GUARDS_TEST}::test_what_it_helps_to_try_again_is_no_fault_of_the_item[deadlock]",),
    ),
    Guard(
        "a serialization failure is tried again",
        CONNECTIONS,
        '("57014", "40001", "40P01")',
        '("57014", "40P01")',
        (f"{GUARDS_TEST}::test_what_it_helps_to_try_again_is_no_fault_of_the_item[serialization failure]",),
    ),
    Guard(
        "a plugin's own network error is its item's",
        "_store/refusals.py",
        "    return isinstance(error, DBAPIError) and is_passing(error)\n",
        "    return is_passing(error)\n",
        (f"{I8}::test_whatever_save_result_raises_is_its_items_error_alone",),
    ),
    Guard(
        "save_result can't commit",
        "_store/session.py",
        '    event.listen(engine.sync_engine, "commit", refuse_commit)\n',
        "",
        (f"{I8}::test_a_save_result_that_ends_the_transaction_fails_its_item_and_keeps_no_effect",),
    ),
    Guard(
        "a claim that a trigger undoes is none",
        CLAIM,
        "    worked = and_(rows.is_still(Role.PROCESSING), rows.wanted)\n",
        "    worked = true()\n",
        (f"{TRIGGERS}::test_a_claim_that_a_trigger_undoes_is_not_paid_for_and_its_row_stays_queued",),
    ),
    Guard(
        "a status that a trigger swallows is no person's doing",
        SETTLING,
        "(unmoved := (await connection.execute(self._still_to_move, items)).scalars().first()) is not None:\n",
        "(unmoved := None) is not None:\n",
        (f"{TRIGGERS}::test_a_status_that_a_trigger_swallows_fails_its_row_and_is_not_paid_for_again",),
    ),
    Guard(
        "save_result leaves no setting behind",
        "_store/session.py",
        "        if connection.info.get(_SAVING) and _SETTING.match(statement):\n",
        "        if False:\n",
        (f"{I8}::test_a_save_result_that_changes_the_connection_for_others_fails_its_item",),
    ),
    Guard(
        "what the driver refuses to send is its item's",
        "_store/refusals.py",
        "    if isinstance(error, InterfaceError) and not error.connection_invalidated:\n",
        "    if False:\n",
        (f"{UNSETTLED}::test_a_statement_with_too_many_parameters_is_its_items_error_alone",),
    ),
    Guard(
        "a group that is stopped again and again is taken apart",
        "_settler.py",
        " or (stopped and hindered < HINDERED_OFTEN):\n",
        " or stopped:\n",
        (f"{UNSETTLED}::test_a_statement_of_save_result_that_exceeds_its_own_limit_is_its_items_error_alone",),
    ),
    Guard(
        "a row that takes no reason is failed without it",
        "_settler.py",
        "        if verdict.shorten():\n",
        "        if False:\n",
        (f"{UNSETTLED}::test_a_row_whose_failure_the_table_refuses_is_not_run_more_often_than_its_attempts",),
    ),
    Guard(
        "a rescue that is refused asks for less",
        UPKEEP,
        "            if verdicts[0].shorten():\n",
        "            if False:\n",
        (f"{UNSETTLED}::test_a_lost_row_whose_table_refuses_it_is_held_by_a_dead_worker_no_longer",),
    ),
    Guard(
        "a settle that ended ends its worker",
        "worker.py",
        "        settling.add_done_callback(self._end)\n",
        "",
        (f"{UNSETTLED}::test_after_an_error_of_the_engines_own_in_a_settle_another_worker_takes_over",),
    ),
    Guard(
        "a plan that a migration made void is made anew",
        CONNECTIONS,
        '        if isinstance(getattr(error.orig, "__cause__", None), asyncpg.InvalidCachedStatementError):\n',
        "        if False:\n",
        (f"{I9}::test_a_migration_of_what_save_result_writes_costs_no_second_call",),
    ),
    # -- names and columns ---------------------------------------------------------------------------------------------
    *(
        Guard(
            f"canonical keys: {setting}",
            CONNECTIONS,
            line,
            "\n",
            (f"{GUARDS_TEST}::test_a_key_has_one_name_whatever_the_database_writes_by_default[{setting}]",),
        )
        for setting, line in {
            "timezone": '\n    "timezone": "UTC",\n',
            "datestyle": '\n    "datestyle": "ISO",\n',
            "intervalstyle": '\n    "intervalstyle": "postgres",\n',
            "extra_float_digits": '\n    "extra_float_digits": "1",\n',
            "bytea_output": '\n    "bytea_output": "hex",\n',
        }.items()
    ),
    Guard(
        "columns with an onupdate are kept",
        "_sql/rows.py",
        "        return {**same, **values}\n",
        "        return values\n",
        (f"{P}test_only_status_and_error.py::test_a_columns_onupdate_is_the_applications_and_not_the_engines",),
    ),
)
