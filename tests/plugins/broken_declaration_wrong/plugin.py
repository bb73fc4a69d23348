"""Wrong: the workflow's status is no mapped column."""

from curation_core import Workflow, hookimpl


@hookimpl
def declare_workflow():
    return Workflow(status="status", states=None)


@hookimpl
def process_item(item):
    return item
