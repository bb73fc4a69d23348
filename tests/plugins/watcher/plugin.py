"""Right: it has no workflow of its own, it watches those of others."""

from curation_core import hookimpl

SEEN = []


@hookimpl
async def around_item(attempt, call_next):
    SEEN.append(f"{attempt.workflow} begins")
    return await call_next()


@hookimpl
def on_settled(workflow, outcome):
    SEEN.append(f"{workflow} settled: {outcome}")
