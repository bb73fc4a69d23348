"""A workflow that can't run without a setting."""

from pydantic import BaseModel
from unfit import Lost, process_item

from curation_core import States, Workflow, hookimpl

__all__ = ["declare_workflow", "process_item"]


class Needs(BaseModel):
    region: str


@hookimpl
def declare_workflow():
    states = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")
    return Workflow(status=Lost.status, states=states, settings=Needs)
