"""I8 with ``isolation = "process"``: what an item does to its process costs that item, and nothing else.

The plugin is ``tests/plugins/unruly``, whose items do what their rows say: crash, hang, eat memory, print, fork.
"""

import asyncio
import io
import json
import logging
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from lab.children import apart, children_of, is_alive
from lab.plugins import plugin_of
from lab.tables import Contact, Effect, contacts_workflow, quick
from sqlalchemy import insert, select

from curation_core import hookimpl
from curation_core._logging import JsonFormatter


@pytest.fixture(autouse=True)
def no_child_is_left():
    yield
    assert children_of() == []


async def worked(lab, plugin, *orders, policy=None, **options):
    """Work a page for each order beside another workflow. Returns what became of each: its error, or its result."""
    await lab.add_pages(*orders)
    await lab.execute(insert(Contact), [{"status": "Queued"}] * 3)
    plugins = {"contacts": plugin_of(contacts_workflow(), nothing), "unruly": plugin}
    policies = {"unruly": policy or apart(), "contacts": quick()}
    summary = await lab.until_idle(plugins, policies=policies, deadline=90, **options)
    assert summary.faults == {}
    assert await lab.statuses(Contact) == {"Completed": 3}
    results = dict((await lab.execute(select(Effect.page_id, Effect.result))).all())
    pages = [await lab.page(number) for number in range(1, len(orders) + 1)]
    return [page.error or results.get(number) for number, page in enumerate(pages, 1)]


async def nothing(item):
    return None


async def outcomes(lab):
    return [row.outcome for row in await lab.history() if row.workflow == "unruly"]


# -- crashes -------------------------------------------------------------------------------------------------------


async def test_a_crash_costs_the_item_that_crashed_and_says_how_it_ended(lab, unruly):
    orders = ["tell_pid", "segfault", "tell_pid", "leave", "tell_pid", "abort", "be_killed", "tell_pid"]
    said = await worked(lab, unruly, *orders)
    ended = "ChildDied: the child process {} while it held this item"
    assert said[1] == ended.format("was ended by SIGSEGV")
    assert said[3] == ended.format("ended with exit code 0")
    assert said[5] == ended.format("was ended by SIGABRT")
    assert said[6] == ended.format("was ended by SIGKILL, as the kernel does where memory runs out,")
    assert all(said[place].isdigit() for place in (0, 2, 4, 7))


async def test_a_crash_in_a_plain_def_costs_that_item_alone(lab, threaded):
    said = await worked(lab, threaded, "segfault", "return_a_finding 3", "leave")
    assert "SIGSEGV" in said[0]
    assert said[1] == "Finding(price=Decimal('3'), tags=('a', 'b'))"
    assert "exit code 0" in said[2]


async def test_a_crash_is_tried_again_by_the_policy_and_charged(lab, unruly):
    (said,) = await worked(lab, unruly, "segfault", policy=apart(max_attempts=2))
    assert said.startswith("gave up after 2 attempts: ChildDied: ")
    assert await outcomes(lab) == ["retry", "failed"]


async def test_on_error_may_decide_what_a_crash_means(lab, unruly):
    await worked(lab, unruly, "segfault excused")
    assert await outcomes(lab) == ["skipped"]


async def test_the_python_line_of_a_crash_stands_in_the_log(lab, unruly, caplog):
    caplog.set_level(logging.INFO)
    await worked(lab, unruly, "log_and_crash before it")
    assert "last words: before it" in caplog.text
    assert "Fatal Python error: Segmentation fault" in caplog.text
    assert "in segfault" in caplog.text


# -- memory --------------------------------------------------------------------------------------------------------


async def test_memory_beyond_the_limit_fails_the_item_and_the_next_ones_have_it_again(lab, unruly):
    policy = apart(memory_limit="300MB", concurrency=1)
    orders = ["eat_memory 100", "eat_memory 1000", "eat_memory_bit_by_bit", "eat_memory 100"]
    said = await worked(lab, unruly, *orders, policy=policy)
    assert said == ["100000000", *["MemoryError: more than its memory_limit of 300 MB"] * 2, "100000000"]


async def test_memory_beyond_the_limit_fails_the_item_of_a_plain_def(lab, threaded):
    said = await worked(lab, threaded, "eat_memory 1000", "eat_memory 50", policy=apart(memory_limit="300MB"))
    assert said == ["MemoryError: more than its memory_limit of 300 MB", "50000000"]


async def test_a_plugin_that_leaks_a_little_with_each_item_never_comes_to_its_limit(lab, unruly):
    policy = apart(memory_limit="300MB", concurrency=1)
    said = await worked(lab, unruly, *["leak 40"] * 12, policy=policy)
    assert said == ["leaked"] * 12


async def test_the_kernel_is_offered_the_children_first_where_memory_runs_out(lab, unruly):
    said = await worked(lab, unruly, "tell_oom_score")
    assert said == ["1000"]


# -- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["hang", "hold_the_interpreter", "await nothing"])
async def test_an_item_that_takes_too_long_is_killed_whatever_it_does(lab, unruly, order):
    policy = apart(timeout=timedelta(seconds=4), concurrency=1)
    said = await worked(lab, unruly, "tell_pid", order, "tell_pid", policy=policy)
    assert said[1] == "TimeoutError: the attempt took longer than 4 s"
    assert said[0].isdigit()
    assert said[2].isdigit()
    assert not is_alive(said[0])


async def test_a_plain_def_that_hangs_is_killed(lab, threaded):
    policy = apart(timeout=timedelta(seconds=4), concurrency=1)
    said = await worked(lab, threaded, "hang", "tell_pid", policy=policy)
    assert said[0] == "TimeoutError: the attempt took longer than 4 s"
    assert said[1].strip("'").isdigit()


async def test_what_an_item_started_is_gone_with_it(lab, unruly, caplog, eventually):
    caplog.set_level(logging.INFO)
    policy = apart(timeout=timedelta(seconds=4))
    await worked(lab, unruly, "start_others", policy=policy)
    (line,) = [each for each in caplog.messages if each.startswith("started ")]
    _, fork, program = line.split()
    await eventually(lambda: not is_alive(fork) and not is_alive(program))


async def test_other_workflows_of_the_host_go_on_while_items_hold_the_interpreter(lab, unruly, eventually):
    await lab.add_pages("hold_the_interpreter", "hold_the_interpreter")
    plugins = {"contacts": plugin_of(contacts_workflow(), nothing), "unruly": unruly}
    async with lab.host(plugins, policies={"unruly": apart(), "contacts": quick()}):
        await eventually(lambda: len(children_of()) == 2)
        await lab.execute(insert(Contact), [{"status": "Queued"}] * 400)
        await lab.wake()
        await eventually(lambda: contacts_completed(lab, 400))
        assert await lab.statuses() == {"Processing": 2}
    assert await lab.statuses() == {"Queued": 2}


async def contacts_completed(lab, number):
    return await lab.statuses(Contact) == {"Completed": number}


# -- what travels --------------------------------------------------------------------------------------------------


async def test_results_and_outcomes_travel_with_their_own_classes(lab, unruly):
    said = await worked(lab, unruly, "return_a_finding 9.50", "skip known", "count")
    assert said[0] == "Finding(price=Decimal('9.50'), tags=('a', 'b'))"
    assert said[1] == "Finding(price=Decimal('1'), tags=())"
    assert [row.reason for row in await lab.history("[2]") if row.workflow == "unruly"] == ["known"]
    assert said[2].startswith("[3] 1 ")


@pytest.mark.parametrize("plugin", ["unruly", "threaded"])
async def test_what_a_plugin_raises_is_its_items_error(lab, request, plugin):
    orders = ["raise_value_error this", "exit_politely", "interrupt", "raise_unreadable"]
    said = await worked(lab, request.getfixturevalue(plugin), *orders)
    assert said[:3] == ["ValueError: this", "SystemExit: 3", "KeyboardInterrupt"]
    assert "Unreadable" in said[3]


async def test_an_item_that_cancels_itself_fails_alone(lab, unruly):
    said = await worked(lab, unruly, "cancel", "tell_pid", policy=apart(concurrency=1))
    assert "CancelledError" in said[0]
    assert said[1].isdigit()


async def test_what_cannot_be_sent_between_processes_fails_its_item_and_says_why(lab, unruly):
    said = await worked(lab, unruly, "return_a_lambda", "return_too_much", "raise_peculiar", "raise_local", "tell_pid")
    assert said[0].startswith("NotSendable: the result (function) can't be sent between processes: AttributeError")
    assert said[1] == ("NotSendable: the result (bytes) can't be sent between processes: it takes 65 MiB, more than 64")
    assert said[2].startswith("NotSendable: Peculiar: this and that (unruly/acts.py, line ")
    assert "the exception (Peculiar) can't be sent between processes: TypeError" in said[2]
    assert said[3].startswith("NotSendable: Local: of a function")
    assert said[4].isdigit()


async def test_the_traceback_of_the_child_stands_in_the_log(lab, unruly, caplog):
    await worked(lab, unruly, "raise_value_error this")
    assert "in raise_value_error" in caplog.text


async def test_what_is_printed_goes_to_the_log_and_not_into_the_talk(lab, unruly, caplog):
    caplog.set_level(logging.INFO)
    said = await worked(lab, unruly, "print_garbage", "read_input", "print_garbage", "count")
    assert said[:3] == ["printed", "''", "printed"]
    assert said[3].startswith("[4] 1 ")
    assert caplog.messages.count("from a program") == 2


async def test_a_child_that_closes_its_files_or_talks_nonsense_costs_its_item(lab, unruly):
    said = await worked(lab, unruly, "close_all_files", "talk_nonsense", "tell_pid", policy=apart(concurrency=1))
    assert said[0].startswith("ChildDied: the child process ")
    assert said[1] == "ChildDied: the child process lost its connection to the host while it held this item"
    assert said[2].isdigit()


@pytest.mark.parametrize("plugin", ["unruly", "threaded"])
async def test_a_fork_that_comes_back_has_no_part_in_the_talk(lab, request, plugin):
    said = await worked(lab, request.getfixturevalue(plugin), "fork_and_come_back", "use_multiprocessing", "tell_pid")
    assert said[0].strip("'") == "parent"
    assert said[1].strip("'") == "[1, 2]"
    assert said[2].strip("'").isdigit()


@contextmanager
def logged_as_json():
    """The host's log lines, as JSON, while the context lasts."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    former = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    lines = []
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(former)
        lines += [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_log_lines_of_a_child_name_the_workflow_the_item_the_attempt_and_the_worker(lab, unruly):
    with logged_as_json() as lines:
        await worked(lab, unruly, "log first", "log second", "print_garbage", policy=apart(concurrency=1))
    (line,) = [each for each in lines if each["message"] == "says second"]
    assert (line["workflow"], line["item"], line["attempt"]) == ("unruly", "[2]", 1)
    assert (line["logger"], line["level"], line["colour"]) == ("unruly", "info", "green")
    assert line["worker"]
    (printed,) = [each for each in lines if each["message"] == "from a program"]
    assert (printed["workflow"], printed["item"], printed["attempt"]) == ("unruly", "[3]", 1)
    assert not [each for each in lines if each["message"] == "is not shown"]


# -- one item at a time, and nothing left --------------------------------------------------------------------------


@pytest.mark.parametrize("plugin", ["unruly", "threaded"])
async def test_two_items_are_never_in_one_child_at_once(lab, request, plugin):
    said = await worked(lab, request.getfixturevalue(plugin), *["be_alone"] * 40, policy=apart(concurrency=3))
    assert all(each.strip("'").isdigit() for each in said), said
    assert len(set(said)) <= 3


def open_files():
    return len([*Path("/proc/self/fd").iterdir()])


async def test_a_thousand_items_leave_no_descriptor_and_no_process_behind(lab, unruly):
    descriptors = []

    class Watch:
        @hookimpl
        def on_settled(self, workflow):
            if workflow == "unruly":
                descriptors.append(open_files())

    before = open_files()
    orders = ["tell_pid"] * 1000
    orders[300] = orders[600] = orders[900] = "segfault"
    await lab.add_pages(*orders)
    policy = apart(concurrency=4, batch_size=100)
    await lab.until_idle({"unruly": unruly, "watch": Watch()}, policies={"unruly": policy}, deadline=90)
    assert await lab.statuses() == {"Completed": 997, "Error": 3}
    children = {row.result for row in await lab.all(select(Effect.result).distinct())}
    assert len(children) <= 4 + 3
    assert max(descriptors[500:]) <= max(descriptors[:500]) + 4
    assert open_files() <= before + 2


async def test_items_that_a_stopped_host_gives_back_are_not_charged_and_their_children_are_gone(
    lab, unruly, eventually
):
    await lab.add_pages("hang", "await nothing")
    async with lab.host({"unruly": unruly}, policies={"unruly": apart()}):
        await eventually(lambda: len(children_of()) == 2)
        await eventually(lambda: both_run(lab))
    assert await lab.statuses() == {"Queued": 2}
    assert await lab.outcomes() == ["released", "released"]
    assert [claim.attempt for claim in (await lab.claims()).values()] == [0, 0]


async def both_run(lab):
    return await lab.statuses() == {"Processing": 2}


async def test_running_items_may_finish_when_a_host_is_told_to_stop(lab, unruly, eventually, tmp_path):
    cue = tmp_path / "cue"
    await lab.add_pages(f"wait_for {cue}", f"await {cue}")
    drain = {"drain_timeout": timedelta(seconds=60)}
    async with lab.host({"unruly": unruly}, policies={"unruly": apart()}, host=drain):
        await eventually(lambda: both_run(lab))
        asyncio.get_running_loop().call_soon(cue.touch)  # after the host was told to stop, at the end of this block
    assert await lab.statuses() == {"Completed": 2}
