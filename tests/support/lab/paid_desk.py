"""The same, where a page is queued only if it was never worked or has failed, and the decision is not mapped."""

from __future__ import annotations

from curation_core import Role, Selection, hookimpl
from lab.tables import pages_workflow


@hookimpl
def declare_workflow():
    return pages_workflow(
        selection=Selection(column="choice", selects=("Selected", "Vital"), eligible=(None, Role.FAILED))
    )


@hookimpl
async def process_item(item):
    return None
