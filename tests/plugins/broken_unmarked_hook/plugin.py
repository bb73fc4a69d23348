"""Wrong: process_item has no @hookimpl."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


def process_item(item):
    return item
