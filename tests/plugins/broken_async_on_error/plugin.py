"""Wrong: on_error is async; it decides, it does not wait."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item


@hookimpl
async def on_error():
    return None
