# pyright: reportUnnecessaryTypeIgnoreComment=true, reportUntypedFunctionDecorator=false
# mypy: disable-error-code="untyped-decorator"
"""What both checkers must refuse. It is read by mypy and pyright, never run.

A comment that nothing needs is an error of each of them, so the check fails where one no longer sees what is wrong.
"""

from datetime import timedelta

from plugin_author import Client, Page, Settings
from sqlalchemy.ext.asyncio import AsyncSession

import curation_core
from curation_core import (
    Attempt,
    Outcome,
    Plugin,
    Policy,
    Retry,
    Selection,
    Skip,
    States,
    Workflow,
    hookimpl,
    select_rows,
)
from curation_core.testing import Answer, Harness, LoopbackServer, Raise, conformance_suite, run_item

# -- values ---------------------------------------------------------------------------------------------------------

words = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")
values = [
    Skip(),  # type: ignore[call-arg]  # a skip has a reason
    Retry("soon"),  # type: ignore[arg-type]  # a wait is a timedelta
    Policy(batchsize=3),  # type: ignore[call-arg]  # no such key
    Policy(isolation="thread"),  # type: ignore[arg-type]  # no such isolation
    States(queued="Queued"),  # type: ignore[call-arg]  # four roles have words
    Workflow(status=Page.status),  # type: ignore[call-arg]  # a workflow has states
    Workflow(status=Page.status, states=words, settings=Settings()),  # type: ignore[arg-type]  # a model is meant, and not an instance
    Workflow(status=Page.status, states=words, order_by="id"),  # type: ignore[arg-type]  # columns are meant
    Workflow(status=Page.status, states=words, owns=Page),  # type: ignore[arg-type]  # several are meant
    Workflow(status=Page.status, states=words, selection=Page.decided),  # type: ignore[arg-type]  # a Selection is meant
    Selection(selects=("Selected",)),  # type: ignore[call-arg]  # a selection has a column
    Attempt("page-curation"),  # type: ignore[call-arg]  # an attempt has an item
]


print(curation_core.Workflw)  # type: ignore[attr-defined]  # no such name


# -- marks ----------------------------------------------------------------------------------------------------------


@hookimpl(tryfirst=True)  # type: ignore[call-overload]  # the order is that of the names
def on_claimed(items: int) -> None:
    """The host refuses an order of one's own."""


@hookimpl(wrapper=True)  # type: ignore[call-overload]  # a wrapper ends too early
def on_paused(seconds: float) -> None:
    """The host refuses pluggy's wrappers."""


hookimpl("on_settled")  # type: ignore[call-overload]  # a function is meant


# -- hooks of a class -----------------------------------------------------------------------------------------------


class Wrong(Plugin[Page, str, Client, Settings]):
    """Each hook is wrong in one way."""

    @hookimpl
    async def declare_workflow(self) -> Workflow:  # type: ignore[override]  # nobody awaits it
        """It is awaited by nobody."""
        return Workflow(status=Page.status, states=words)

    @hookimpl
    async def lifespan(self, settings: Settings) -> Client:  # type: ignore[override]  # it is no context manager
        """It is no context manager."""
        return Client(settings.user_agent)

    @hookimpl
    async def process_item(self, item: Page, attempt: int, resources: Client, settings: Settings) -> str:  # type: ignore[override]  # an attempt is no number
        """An attempt is no number."""
        return item.url * attempt

    @hookimpl
    def save_result(self, session: AsyncSession, item: Page, result: str) -> None:  # type: ignore[override]  # it must be awaited
        """It must be awaited."""

    @hookimpl
    def on_error(self, error: Exception) -> Outcome | None:  # type: ignore[override]  # an override takes all parameters
        """An override takes all of its hook's parameters."""

    @hookimpl
    def on_settled(self, workflow: str, item: str, outcome: Outcome, reason: str, attempt: int, seconds: float) -> None:  # type: ignore[override]  # the outcome is a word
        """The outcome is a word."""


class WrongResult(Plugin[Page, str, None, None]):
    """It saves something else than it found."""

    @hookimpl
    def process_item(self, item: Page, attempt: Attempt, resources: None, settings: None) -> int:  # type: ignore[override]  # it finds something else
        """Find a number."""
        return item.id

    @hookimpl
    async def save_result(self, session: AsyncSession, item: Page, result: bytes) -> None:  # type: ignore[override]  # it saves something else
        """Save bytes."""


# -- the kit --------------------------------------------------------------------------------------------------------


async def wrong_tests(session: AsyncSession, harness: Harness, http: LoopbackServer) -> None:
    """What a test may get wrong."""
    await run_item(Page(id=1))  # type: ignore[call-arg]  # an item is missing
    await run_item("page-curation", Page(id=1), attempts=2)  # type: ignore[call-arg]  # no such parameter
    await harness.drain(1)  # type: ignore[call-arg]  # how many engines is said by name
    await harness.clock.advance(5)  # type: ignore[arg-type]  # a timedelta is meant
    harness.faults.put("commit", Raise(OSError()))  # type: ignore[arg-type]  # no such point
    harness.faults.put("claim", OSError())  # type: ignore[type-var]  # an exception is put as Raise(…)
    http.answer("/", 404)  # type: ignore[arg-type]  # an Answer is meant
    http.otherwise(Answer(200))  # type: ignore[arg-type]  # a status is said by name
    await select_rows(session, "page-curation", 42)  # type: ignore[arg-type]  # keys are several


def page(number: int) -> Page:
    """An item."""
    return Page(id=number)


conformance_suite("page-curation")  # type: ignore[call-arg]  # an item is needed
conformance_suite("page-curation", make_item=Page(id=1))  # type: ignore[arg-type]  # a function is meant
conformance_suite("page-curation", make_item=page, errors={ValueError: timedelta(1)})  # type: ignore[dict-item]  # an outcome is meant
conformance_suite("page-curation", make_item=page, skip=["growth"])  # type: ignore[arg-type]  # each has its reason
