"""Wrong: on_error is a property, which pluggy passes over in silence."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


class Plugin:
    @hookimpl
    def declare_workflow(self):
        return workflow_of(Page)

    @hookimpl
    def process_item(self, item):
        return item

    @property
    def on_error(self):
        return lambda: None
