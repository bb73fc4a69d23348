"""Scans one place: its turn, its count, its call, and what the answer makes of the row."""

from __future__ import annotations

import logging
import random
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Self

from curation_core import Attempt, Done, Fail, Outcome, Pause, Retry
from curation_deep_scan.budget import Budget, UncountedError
from curation_deep_scan.details import Details, read_details
from curation_deep_scan.pace import Pace
from curation_deep_scan.pacific import until_midnight
from curation_deep_scan.places import Answer, CallFailedError, PlacesClient
from curation_deep_scan.refusals import Meaning, Refusal, refusal_of
from curation_deep_scan.settings import DeepScanSettings

KEPT_ANSWERS = 1000
USUAL_WAIT = (30, 90)  # seconds, where Google names none: its quota is counted by the minute
LONGEST_WAIT = 3600.0  # seconds that Google may ask for

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a call brought.

    Args:
        details: The place.
        settings: How it was asked for, and how it is to be written.
        fetched_at: When.
    """

    details: Details
    settings: DeepScanSettings
    fetched_at: datetime


class Scanner:
    """Scans places, for as long as the process works. An async context manager.

    Args:
        settings: The operator's.
        budget: Counts the calls.
    """

    def __init__(self, settings: DeepScanSettings, budget: Budget) -> None:
        self._settings = settings
        self._budget = budget
        self._client = PlacesClient(settings)
        # What was paid for, by idempotency key: it outlives whatever keeps it from being saved, and is never stale,
        # because a row that is queued anew has another key.
        self._kept: OrderedDict[str, Scan] = OrderedDict()
        self._answered = False

    async def __aenter__(self) -> Self:
        self.pace = Pace(self._settings.calls_per_minute)
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._client.__aexit__(*exc_info)

    async def scan(self, place_id: str, attempt: Attempt) -> Outcome:
        """Scan one place, with one call at most.

        Args:
            place_id: Its ID.
            attempt: Which attempt it is.
        """
        if not place_id.strip("./ "):
            return Fail(f"{Meaning.PLACE_ID_INVALID.value}: there is no place ID in the row")
        scan = self._kept.get(attempt.idempotency_key)
        if scan is not None:
            return _done(scan, place_id)
        wait = await self.pace.turn()
        if wait:
            reason = f"{Meaning.QUOTA_PER_MINUTE.value}: the next call is in {wait:.0f} s"
            return Retry(timedelta(seconds=wait), reason, charged=False)
        try:
            if not await self._budget.take():
                reason = f"daily_budget: the {self._budget.calls_per_day} calls of the day (Pacific time) are made"
                return Pause(until_midnight(datetime.now(UTC)), reason)
            answer = await self._client.details(place_id)
        except (CallFailedError, UncountedError) as failure:
            return Retry(None, str(failure))
        if answer.status == HTTPStatus.OK:
            return self._take(answer, place_id, attempt)
        return self._refused(refusal_of(answer), attempt)

    def _take(self, answer: Answer, place_id: str, attempt: Attempt) -> Outcome:
        details = read_details(answer.body or {}, self._settings.profile, self._settings.language)
        if details is None:
            return Retry(None, "bad_answer: the answer is no place: it has no id")
        self._answered = True
        self.pace.recover()
        scan = Scan(details, self._settings, datetime.now(UTC))
        if attempt.idempotency_key:
            self._kept[attempt.idempotency_key] = scan
            if len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return _done(scan, place_id)

    def _refused(self, refusal: Refusal, attempt: Attempt) -> Outcome:
        match refusal.meaning:
            case Meaning.PLACE_GONE | Meaning.PLACE_ID_INVALID:
                return Fail(refusal.text)
            case Meaning.PASSING:
                wait = refusal.retry_after
                return Retry(timedelta(seconds=min(wait, LONGEST_WAIT)) if wait else None, refusal.text)
            case Meaning.QUOTA_PER_MINUTE:
                usual = random.uniform(*USUAL_WAIT)  # noqa: S311 - spreads load, guards nothing
                seconds = min(refusal.retry_after or usual, LONGEST_WAIT)
                self.pace.slow_down(seconds)
                return Retry(timedelta(seconds=seconds), refusal.text, charged=False)
            case Meaning.QUOTA_PER_DAY:
                return Pause(until_midnight(datetime.now(UTC)), refusal.text)
            case Meaning.ARGUMENT_INVALID:
                return self._ambiguous(refusal, attempt)
            case Meaning.KEY_REFUSED | Meaning.REQUEST_REFUSED:
                return self._pause(refusal)

    def _ambiguous(self, refusal: Refusal, attempt: Attempt) -> Outcome:
        # The request differs from others in nothing but the ID. Once another was answered, it is the ID; until then
        # others get their chance first, or one bad row would hold up all.
        if self._answered:
            return Fail(f"{Meaning.PLACE_ID_INVALID.value}: {refusal.text}")
        return self._pause(refusal) if attempt.is_last else Retry(None, refusal.text)

    def _pause(self, refusal: Refusal) -> Pause:
        _logger.error("every place would be refused, so none is asked for: %s", refusal.text)
        return Pause(timedelta(minutes=self._settings.refused_pause_minutes), refusal.text)


def _done(scan: Scan, place_id: str) -> Done:
    details = scan.details
    notes = []
    if details.is_closed:
        notes.append("closed_permanently")
    if details.moved_to:
        notes.append(f"moved_to: {details.moved_to}")
    if details.id != place_id:
        notes.append(f"place_id_changed: {details.id}")
    if details.columns and not any(details.columns.values()):
        notes.append("no_details")
    if details.odd:
        notes.append(f"odd_fields: {', '.join(details.odd)}")
    return Done(scan, note="; ".join(notes))
