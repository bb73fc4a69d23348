"""Wrong: it saves results that nothing makes."""

from curation_core import hookimpl


@hookimpl
async def save_result(session, result):
    session.add(result)
