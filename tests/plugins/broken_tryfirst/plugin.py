"""Wrong: an owner's hook is called for its owner alone, so there is nothing to be first of."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl(tryfirst=True)
def process_item(item):
    return item
