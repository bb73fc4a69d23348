"""Wrong: declare_workflow is async."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
async def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item
