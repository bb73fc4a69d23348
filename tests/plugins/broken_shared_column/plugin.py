"""Wrong: it works the status column that the plugin good works."""

from fixture_tables import GoodPage, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(GoodPage)


@hookimpl
def process_item(item):
    return item
