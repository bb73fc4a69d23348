"""Wrong: on_settled is async; nobody would await it."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item


@hookimpl
async def on_settled(workflow):
    return workflow
