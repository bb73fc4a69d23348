"""Wrong: items would be processed, but no workflow is declared."""

from curation_core import hookimpl


@hookimpl
def process_item(item):
    return item
