"""Right: a workflow with all of its hooks. It must load beside every broken one."""

from contextlib import asynccontextmanager

from fixture_tables import GoodPage, workflow_of

from curation_core import Retry, hookimpl


@hookimpl
def declare_workflow():
    return workflow_of(GoodPage)


@hookimpl
@asynccontextmanager
async def lifespan(settings):
    yield f"opened with {settings}"


@hookimpl
async def process_item(item, resources):
    return item, resources


@hookimpl
async def save_result(session, result):
    session.append(result)


@hookimpl
def on_error(error):
    return Retry(reason=str(error))
