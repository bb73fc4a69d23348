"""Wrong: declare_workflow forgets its return."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    workflow_of(Page)


@hookimpl
def process_item(item):
    return item
