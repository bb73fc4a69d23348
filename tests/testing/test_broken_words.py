"""Plugins whose words can't be used: in errors, and in the log. Each fails exactly one check."""

import asyncio
import logging

from notes import Refused, fails, on_error, process_item, suite

from curation_core import Done, Fail, Retry
from curation_core.testing import Answer

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

# -- the log ----------------------------------------------------------------------------------------------------------


async def logs_from_a_thread(item, resources):
    await asyncio.get_running_loop().run_in_executor(None, logger.info, "fetching %s", item.path)
    return await process_item(item, resources)


TestLogsFromAThread = fails(
    suite(process_item=logs_from_a_thread), "log_lines_name_their_item_and_no_secret", "does not say its workflow"
)


async def logs_its_token(item, resources):
    logger.info("with the token %s", resources.settings.token.get_secret_value())
    return await process_item(item, resources)


TestLogsItsToken = fails(
    suite(process_item=logs_its_token),
    "log_lines_name_their_item_and_no_secret",
    "a secret of the settings",
    alone=True,
)
