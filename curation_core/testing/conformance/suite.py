"""The list of checks. What each does is in the module that it names."""

from __future__ import annotations

from typing import ClassVar

import pytest

from curation_core.testing.conformance import (
    again,
    claims,
    company,
    crashes,
    declaring,
    endings,
    errors,
    forgetting,
    growth,
    logs,
    sharing,
    traces,
)
from curation_core.testing.conformance.bench import Bench
from curation_core.testing.conformance.case import Case
from curation_core.testing.faults import Point

LOADED = {"it_loads": declaring.loads}
FITTED = {**LOADED, "the_database_has_its_columns_and_words": declaring.fits}
WELL = {**FITTED, "an_item_comes_to_its_end": declaring.comes_to_its_end}
FREE = {**WELL, "the_event_loop_stays_free": sharing.stays_free}
"""What blocks the event loop for a moment would do so for minutes in a thousand items."""
DEATHS: tuple[Point, ...] = ("before_process", "after_process", "before_settle", "in_settle")


class Suite:
    """One test for each check. `conformance_suite` makes a class of it.

    Attributes:
        case: What the author told.
    """

    case: ClassVar[Case]

    def test_it_loads(self, curation_bench: Bench) -> None:
        """The host takes the plugin by its entry point."""
        curation_bench.run("it_loads", declaring.loads)

    def test_wrong_settings_are_refused_by_name(self, curation_bench: Bench) -> None:
        """An unknown key, a wrong value and a missing one are each named by the error."""
        curation_bench.run("wrong_settings_are_refused_by_name", declaring.refuses_settings, after=LOADED)

    def test_the_database_has_its_columns_and_words(self, curation_bench: Bench) -> None:
        """Every column that it maps exists, and the status column can hold every word."""
        curation_bench.run("the_database_has_its_columns_and_words", declaring.fits, after=LOADED)

    def test_an_item_comes_to_its_end(self, curation_bench: Bench) -> None:
        """One item, undisturbed, is done or skipped at the first attempt."""
        curation_bench.run("an_item_comes_to_its_end", declaring.comes_to_its_end, after=FITTED)

    def test_the_event_loop_stays_free(self, curation_bench: Bench) -> None:
        """Nothing keeps the event loop for more than a tenth of a second."""
        curation_bench.run("the_event_loop_stays_free", sharing.stays_free, after=WELL)

    def test_nothing_is_forgotten(self, curation_bench: Bench) -> None:
        """What is done has left something in the database; what was called is awaited, what was opened is closed."""
        curation_bench.run("nothing_is_forgotten", forgetting.forgets_nothing, after=WELL)

    def test_a_row_can_be_worked_again(self, curation_bench: Bench) -> None:
        """A row that is done and queued again ends well, and leaves what one run leaves."""
        curation_bench.run("a_row_can_be_worked_again", again.repeated, after=WELL)

    def test_other_rows_stay_as_they_are(self, curation_bench: Bench) -> None:
        """The run of one item changes no row but its own, nothing that another left, and shares no idempotency key."""
        curation_bench.run("other_rows_stay_as_they_are", again.keeps_to_its_row, after=WELL)

    def test_the_item_is_only_read(self, curation_bench: Bench) -> None:
        """``process_item`` changes nothing of its item, as nobody would write it."""
        curation_bench.run("the_item_is_only_read", traces.only_reads_the_item, after=WELL)

    def test_nothing_goes_on_after_a_run(self, curation_bench: Bench) -> None:
        """A task that a hook starts has ended when the hook returns."""
        curation_bench.run("nothing_goes_on_after_a_run", traces.ends_with_its_hooks, after=WELL)

    def test_three_engines_settle_each_item_once(self, curation_bench: Bench) -> None:
        """Three engines share thirty items."""
        curation_bench.run("three_engines_settle_each_item_once", claims.shared, after=WELL)

    def test_items_keep_to_themselves(self, curation_bench: Bench) -> None:
        """What an item leaves beside others is what it leaves alone in a new process."""
        curation_bench.run("items_keep_to_themselves", company.keeps_apart, after=WELL)

    def test_limits_are_respected(self, curation_bench: Bench) -> None:
        """``batch_size``, ``max_instances`` and ``max_in_flight`` hold, over all engines."""
        curation_bench.run("limits_are_respected", claims.limited, after=WELL)

    @pytest.mark.parametrize("point", DEATHS)
    def test_a_crash_leaves_no_effect(self, curation_bench: Bench, point: Point) -> None:
        """SIGKILL at a point of the first run leaves nothing; the second leaves what one leaves, under its keys."""
        curation_bench.run("a_crash_leaves_no_effect", crashes.crash_at(point), after=WELL)

    def test_a_stalled_worker_changes_nothing(self, curation_bench: Bench) -> None:
        """A worker that stood still while another did its row finds that it is too late."""
        curation_bench.run("a_stalled_worker_changes_nothing", crashes.stalled, after=WELL)

    def test_errors_get_their_outcomes(self, curation_bench: Bench) -> None:
        """Each expected error, and an unexpected one, comes to what was declared, with a reason a person can read."""
        curation_bench.run("errors_get_their_outcomes", errors.decided, after=WELL)

    def test_the_time_limit_is_honoured(self, curation_bench: Bench) -> None:
        """What waits for an answer that does not come ends soon after its time is up, and not as done."""
        curation_bench.run("the_time_limit_is_honoured", endings.timed_out, after=FREE)

    def test_a_cancellation_is_honoured(self, curation_bench: Bench) -> None:
        """A host that stops gets its items back at once, and they are queued as if nothing had been."""
        curation_bench.run("a_cancellation_is_honoured", endings.cancelled, after=FREE)

    def test_a_person_wins(self, curation_bench: Bench) -> None:
        """A status that a person sets while the item runs stays, and nothing of the run does."""
        curation_bench.run("a_person_wins", endings.overruled, after=WELL)

    def test_no_connection_is_held_during_io(self, curation_bench: Bench) -> None:
        """While an answer is waited for, no transaction is open and none of the plugin's connections is in use."""
        curation_bench.run("no_connection_is_held_during_io", sharing.lets_go, after=FREE)

    def test_log_lines_name_their_item_and_no_secret(self, curation_bench: Bench) -> None:
        """Each line carries workflow, item and attempt, and none a secret of the settings."""
        curation_bench.run("log_lines_name_their_item_and_no_secret", logs.told, after=WELL)

    def test_memory_and_files_stay_flat(self, curation_bench: Bench) -> None:
        """A thousand items leave no more memory, files, threads, tasks and processes behind than five hundred."""
        curation_bench.run("memory_and_files_stay_flat", growth.flat, after=FREE)
