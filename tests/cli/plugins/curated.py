"""Pages that are worked when a person selects them."""

from pages import Page, process_item

from curation_core import Role, Selection, States, Workflow, hookimpl

__all__ = ["process_item"]


@hookimpl
def declare_workflow():
    return Workflow(
        status=Page.status,
        error=Page.error,
        states=States(queued="Queued", processing="Processing", completed="Complete", failed="Error"),
        selection=Selection(column="desk", eligible=(None, Role.FAILED), withdrawn="New"),
    )
