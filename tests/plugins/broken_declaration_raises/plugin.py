"""Wrong: declare_workflow raises."""

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    message = "no such table in the catalogue"
    raise LookupError(message)


@hookimpl
def process_item(item):
    return item
