"""Wrong: the method process_item lacks self, and would get the plugin as its item."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


class Plugin:
    @hookimpl
    def declare_workflow(self):
        return workflow_of(Page)

    @hookimpl
    def process_item(item):
        return item
