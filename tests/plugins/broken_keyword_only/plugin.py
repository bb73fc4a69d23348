"""Wrong: attempt is keyword-only, and pluggy passes nothing by keyword."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item, *, attempt):
    return item, attempt
