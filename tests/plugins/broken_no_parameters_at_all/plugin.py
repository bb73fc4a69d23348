"""Wrong: the method process_item takes nothing, not even self."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


class Plugin:
    @hookimpl
    def declare_workflow(self):
        return workflow_of(Page)

    @hookimpl
    def process_item():
        return None
