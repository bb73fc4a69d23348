"""WF7, page curation: a row of ``pages`` is fetched and read, and becomes rows of ``contacts``."""

from curation_core import Attempt, Outcome, Policy, Selection, States, Workflow, hookimpl
from curation_page_curation import resources as shared
from curation_page_curation import saving, verdicts
from curation_page_curation.models import ContactPoint, HostSlot, Page
from curation_page_curation.settings import PageCurationSettings as Settings
from curation_page_curation.visiting import Visitor


@hookimpl
def declare_workflow() -> Workflow:
    """Work ``page_processing_status``, the page that waits longest first."""
    return Workflow(
        status=Page.page_processing_status,
        error=Page.page_processing_error,
        states=States(queued="Queued", processing="Processing", completed="Complete", failed="Error"),
        selection=Selection(column="page_curation_status"),
        order_by=(Page.updated_at, Page.id),
        defaults=Policy(batch_size=10, max_instances=1, max_attempts=4, backoff=verdicts.BACKOFF),
        settings=Settings,
        owns=(HostSlot, ContactPoint),
    )


@hookimpl
async def process_item(item: Page, attempt: Attempt, resources: Visitor) -> Outcome:
    """Fetch the page and have it read."""
    return verdicts.verdict_on(await resources.visit(item.url, books=verdicts.books(item.additional_json, attempt)))


@hookimpl
def on_error(item: Page, error: Exception, attempt: Attempt) -> Outcome:
    """Tell what passes from what does not."""
    return verdicts.on_error(item.additional_json, error, attempt)


lifespan = hookimpl(shared.visitor)
save_result = hookimpl(saving.save_result)
