"""Wrong: process_item is a pluggy wrapper of the old kind, which ends before the work begins."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl(hookwrapper=True)
def process_item():
    return (yield)
