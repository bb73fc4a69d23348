"""What every workflow must bear. The API is on loopback, with the answers of the plugin's own stub."""

from uuid import UUID

from curation_core import Fail, Pause, Retry
from curation_core.testing import Answer, LoopbackServer, Request, conformance_suite
from curation_deep_scan.models import Place
from curation_deep_scan.stub import error, place

KEY = "AIzaSyNoKeyOfAnybodyJustForTheseTests00"


def details(request: Request) -> Answer:
    """The place that was asked for."""
    place_id = request.path.partition("?")[0].rpartition("/")[2]
    return Answer.of_json(place(place_id).body)


def refusal(status: int, word: str, message: str) -> Answer:
    """An answer as the API refuses."""
    return Answer.of_json(error(status, word, message).body, status)


def settings(http: LoopbackServer) -> dict[str, object]:
    """Settings that lead to the loopback server, and no limit that a thousand places would reach."""
    return {"api_key": KEY, "base_url": http.base_url, "calls_per_minute": 60_000, "calls_per_day": 1_000_000}


TestDeepScan = conformance_suite(
    "deep-scan",
    make_item=lambda n: Place(place_id=f"ChIJ{n}", tenant_id=UUID(int=17)),
    serve=lambda http: http.otherwise(details),
    settings=settings,
    errors={
        refusal(404, "NOT_FOUND", "The Place ID is no longer valid."): Fail,
        refusal(403, "PERMISSION_DENIED", "The key is not allowed to."): Pause,
        refusal(503, "UNAVAILABLE", "The service is away."): Retry,
        Answer(broken="reset"): Retry,
    },
)
