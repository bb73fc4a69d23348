"""Wrong: two functions are on_error."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item


@hookimpl
def on_error():
    return None


@hookimpl(specname="on_error")
def on_timeout():
    return None
