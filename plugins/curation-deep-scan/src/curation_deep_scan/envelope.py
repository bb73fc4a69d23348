"""Google's errors: a ``google.rpc.Status`` as JSON, whose details say more than its status.

``{"error": {"code": 429, "message": …, "status": "RESOURCE_EXHAUSTED", "details": [{"@type":
"type.googleapis.com/google.rpc.ErrorInfo", "reason": …, "metadata": {…}}, …]}}``. What is not of this form is read as
if it were absent: proxies and load balancers answer too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_MESSAGE = 300
_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")


@dataclass(frozen=True, slots=True)
class ApiError:
    """An error as the API tells it.

    Args:
        status: The canonical code, such as ``RESOURCE_EXHAUSTED``; empty where the answer is none of the API's.
        message: For a person.
        reason: ``ErrorInfo.reason``, such as ``API_KEY_INVALID``.
        limits: What names the quota that was reached: its limit, unit and description.
        fields: The parts of the request that were found wrong.
        retry_after: Seconds of ``RetryInfo``.
    """

    status: str = ""
    message: str = ""
    reason: str = ""
    limits: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    retry_after: float | None = None


def read_error(body: Mapping[str, Any] | None) -> ApiError:
    """Read an error.

    Args:
        body: The answer's JSON object, if it was one.

    >>> read_error({"error": {"code": 404, "message": "gone", "status": "NOT_FOUND"}}).status
    'NOT_FOUND'
    """
    error = (body or {}).get("error")
    if not isinstance(error, Mapping):
        return ApiError()
    info = next(_details(error, "ErrorInfo"), {})
    metadata = _mapping(info.get("metadata"))
    failures = [each for detail in _details(error, "QuotaFailure") for each in _mappings(detail.get("violations"))]
    wrong = [each for detail in _details(error, "BadRequest") for each in _mappings(detail.get("fieldViolations"))]
    delay = _SECONDS.fullmatch(_text(next(_details(error, "RetryInfo"), {}).get("retryDelay")))
    return ApiError(
        status=_text(error.get("status")),
        message=" ".join(_text(error.get("message")).split())[:LONGEST_MESSAGE],
        reason=_text(info.get("reason")),
        limits=tuple(
            filter(
                None,
                [
                    *(_text(metadata.get(key)) for key in ("quota_limit", "quota_unit")),
                    *(_text(each.get(key)) for each in failures for key in ("quotaId", "description")),
                ],
            )
        ),
        fields=tuple(_text(each.get("field")) for each in wrong),
        retry_after=float(delay[1]) if delay else None,
    )


def _details(error: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for detail in _mappings(error.get("details")):
        if _text(detail.get("@type")).endswith(f"/google.rpc.{kind}"):
            yield detail


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
