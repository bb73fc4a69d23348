"""Wrong: settings has a default: pluggy 1.6 would pass it, 1.7 the value."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item, settings=None):
    return item, settings
