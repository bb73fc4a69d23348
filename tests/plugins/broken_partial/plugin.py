"""Wrong: process_item is a functools.partial, which pluggy passes over in silence."""

from functools import partial

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


def _process(depth, item):
    return depth, item


process_item = hookimpl(partial(_process, 3))
