"""Wrong: it is made for a hook interface that does not exist yet."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl

__curation_api__ = 99


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item
