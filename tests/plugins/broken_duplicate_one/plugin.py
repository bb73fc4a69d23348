"""Wrong: its entry point has the name of broken_duplicate_two's. Neither may be imported."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item
