"""Wrong: around_item is not async, so it would be over before the item began."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item


@hookimpl
def around_item(call_next):
    return call_next()
