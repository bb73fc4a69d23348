"""A plugin that a person's decisions feed: pages whose ``curation`` queues them."""

from __future__ import annotations

from curation_core import Selection, hookimpl
from lab.tables import Page, pages_workflow


@hookimpl
def declare_workflow():
    return pages_workflow(selection=Selection(column=Page.curation))


@hookimpl
async def process_item(item):
    return None
