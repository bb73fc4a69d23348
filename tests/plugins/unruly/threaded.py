"""The same in a plain ``def``, which the child runs in a thread."""

from lab import plugins as hooks
from lab.tables import pages_workflow
from unruly.acts import act

from curation_core import hookimpl


@hookimpl
def declare_workflow():
    return pages_workflow()


@hookimpl
def process_item(item):
    return act(item.orders)


@hookimpl
async def save_result(session, item, result):
    await hooks.save_effect(session, item, repr(result))
