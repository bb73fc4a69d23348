"""WF2, deep scan: a row of ``places_staging`` becomes a row of ``local_businesses``, by one call of Place Details."""

from curation_core import Attempt, Outcome, Role, Selection, States, Workflow, hookimpl
from curation_deep_scan import opening, saving
from curation_deep_scan.models import DeepScanContent, DeepScanDay, Place
from curation_deep_scan.scanning import Scanner
from curation_deep_scan.settings import POLICY, DeepScanSettings


@hookimpl
def declare_workflow() -> Workflow:
    """Work ``deep_scan_status``, the place that waits longest first."""
    return Workflow(
        status=Place.deep_scan_status,
        error=Place.deep_scan_error,
        states=States(queued="Queued", processing="Processing", completed="Completed", failed="Error"),
        selection=Selection(column="status", eligible=(None, Role.FAILED)),
        order_by=(Place.updated_at, Place.id),
        defaults=POLICY,
        settings=DeepScanSettings,
        owns=(DeepScanDay, DeepScanContent),
    )


@hookimpl
async def process_item(item: Place, attempt: Attempt, resources: Scanner) -> Outcome:
    """Ask for the place."""
    return await resources.scan(item.place_id, attempt)


lifespan = hookimpl(opening.lifespan)
save_result = hookimpl(saving.save_result)
on_error = hookimpl(saving.on_error)
