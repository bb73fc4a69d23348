"""Wrong: process_item takes whatever comes by keyword, and nothing would."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item, **rest):
    return item, rest
