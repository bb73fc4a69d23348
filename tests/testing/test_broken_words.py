"""Plugins whose words can't be used: in errors, and in the log. Each fails exactly one check."""

import asyncio
import logging

import pytest
from notes import NotesSettings, Refused, declare_workflow, fails, on_error, process_item, suite

from curation_core import Done, Fail, Retry, Workflow
from curation_core.testing import Answer
from curation_core.testing.conformance import errors, logs

logger = logging.getLogger("notes")

# -- errors -----------------------------------------------------------------------------------------------------------


def knows_all_errors(error):
    return {Refused: Fail(str(error))}[type(error)]


TestKnowsAllErrors = fails(
    suite(on_error=knows_all_errors, errors={}), "errors_get_their_outcomes", "on_error raised KeyError"
)
TestDeclaresAnotherOutcome = fails(
    suite(errors={Answer(status=404): Retry}), "errors_get_their_outcomes", "came to 'failed'", alone=True
)


def says_little(error):
    return Fail(f"{type(error).__name__}: 404") if isinstance(error, Refused) else None


TestSaysLittle = fails(
    suite(on_error=says_little, errors={Refused("no"): Fail}), "errors_get_their_outcomes", "can't read", alone=True
)


def shrugs(error):
    return Done("whatever") if isinstance(error, RuntimeError) else on_error(error)


TestShrugs = fails(suite(on_error=shrugs), "errors_get_their_outcomes", "as if the item had been processed", alone=True)


async def knows_no_trouble(item, resources):
    try:
        return await process_item(item, resources)
    except (OSError, Refused):
        return ""


TestKnowsNoTrouble = fails(
    suite(process_item=knows_no_trouble, errors={}),
    "errors_get_their_outcomes",
    r"reset to every request came to 'done'(?s:.*)errors=\{Answer\(broken='reset'\): Done\}",
    alone=True,
)
TestSaysThatItIsWell = suite(
    process_item=knows_no_trouble, errors={Answer(broken="reset"): Done, Answer(status=503): Done}
)
TestSaysThatItIsWell.fails, TestSaysThatItIsWell.alone = None, False


async def shrugs_them_all_off(item, resources):
    try:
        return await process_item(item, resources)
    except Exception:
        logger.exception("what now")
        return ""


TestShrugsThemAllOff = fails(
    suite(process_item=shrugs_them_all_off), "errors_get_their_outcomes", "catches every exception in line", alone=True
)


async def tries_for_hours(item, resources):
    while True:
        try:
            return await process_item(item, resources)
        except (OSError, Refused):
            await asyncio.sleep(3600)


STILL_RUNNING = r"to every request: process_item was still running after 1 s\n(?s:.*)settings="
TestTriesForHours = fails(
    suite(process_item=tries_for_hours), "log_lines_name_their_item_and_no_secret", STILL_RUNNING, alone=True
)
TestTriesForHours.longest = 1.0


class TestTriesForHoursTwice:
    case, longest = suite(process_item=tries_for_hours, errors={Answer(status=404): Fail}).case, 1.0

    def test_what_is_tried_for_too_long_is_refused_once(self, curation_bench):
        with pytest.raises(pytest.fail.Exception, match=rf"^Answer\(status=404\) {STILL_RUNNING}"):
            curation_bench.run("errors_get_their_outcomes", errors.decided)
        with pytest.raises(pytest.skip.Exception, match=r"^not before errors_get_their_outcomes is well: Answer"):
            curation_bench.run("log_lines_name_their_item_and_no_secret", logs.told)


# -- the log ----------------------------------------------------------------------------------------------------------


async def logs_from_a_thread(item, resources):
    await asyncio.get_running_loop().run_in_executor(None, logger.info, "fetching %s", item.path)
    return await process_item(item, resources)


TestLogsFromAThread = fails(
    suite(process_item=logs_from_a_thread), "log_lines_name_their_item_and_no_secret", "does not say its workflow"
)


class TestLogsFromAThreadBesideTheEngine:
    case = suite(process_item=logs_from_a_thread).case

    def test_a_check_of_the_log_leaves_the_plugins_lines_and_not_the_schedulers(self, curation_bench, caplog):
        with pytest.raises(pytest.fail.Exception, match="does not say its workflow"):
            curation_bench.run("log_lines_name_their_item_and_no_secret", logs.told)
        loggers = {record.name.partition(".")[0] for record in caplog.records}
        assert "notes" in loggers
        assert "apscheduler" not in loggers


async def logs_its_token(item, resources):
    logger.info("with the token %s", resources.settings.token.get_secret_value())
    return await process_item(item, resources)


class Open(NotesSettings):
    database_password: str | None = "hunter3"  # noqa: S105 - that is what is wrong with it


def with_an_open_secret():
    workflow = declare_workflow()
    return Workflow(status=workflow.status, error=workflow.error, states=workflow.states, settings=Open)


TestSecretInTheOpen = fails(
    suite(declare_workflow=with_an_open_secret),
    "log_lines_name_their_item_and_no_secret",
    "setting database_password is named like a secret",
    alone=True,
)
TestLogsItsToken = fails(
    suite(process_item=logs_its_token),
    "log_lines_name_their_item_and_no_secret",
    "a secret of the settings",
    alone=True,
)
