"""Wrong: its workflow is made on import, and can't be right."""

from curation_core import Workflow

WORKFLOW = Workflow(status="status", states=None)
