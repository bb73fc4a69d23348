"""Wrong: save_result is not async; its session's calls would never be awaited."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item


@hookimpl
def save_result(session, result):
    session.add(result)
