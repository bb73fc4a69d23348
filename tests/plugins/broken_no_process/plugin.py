"""Wrong: a workflow is declared, but nothing processes its items."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)
