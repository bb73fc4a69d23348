"""A stand-in for the Places API (New), on loopback, for tests and demonstrations: nothing is asked of Google.

It keeps to what is documented: key and field mask are required, an answer has no more than the mask asks for, an error
is a ``google.rpc.Status``. Every call is counted, by place ID, the way it would be billed.
"""

from curation_deep_scan.stub.answers import StubAnswer as StubAnswer
from curation_deep_scan.stub.answers import error as error
from curation_deep_scan.stub.answers import place as place
from curation_deep_scan.stub.server import PlacesStub as PlacesStub
from curation_deep_scan.stub.server import Seen as Seen

__all__ = ["PlacesStub", "Seen", "StubAnswer", "error", "place"]
