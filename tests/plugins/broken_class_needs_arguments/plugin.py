"""Wrong: the class that the entry point names can't be made without arguments."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


class Plugin:
    def __init__(self, key):
        self.key = key

    @hookimpl
    def declare_workflow(self):
        return workflow_of(Page)

    @hookimpl
    def process_item(self, item):
        return self.key, item
