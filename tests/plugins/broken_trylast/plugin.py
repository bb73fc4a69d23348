"""Wrong: the order of around_item is that of the plugins' names."""

from fixture_tables import Page, workflow_of

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(Page)


@hookimpl
def process_item(item):
    return item


@hookimpl(trylast=True)
async def around_item(call_next):
    return await call_next()
