"""Wrong: process_item asks for a parameter that does not exist."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item, atempt):
    return item, atempt
