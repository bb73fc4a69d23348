"""Test a plugin: one item without a database, a workflow on a database of its own, the conformance suite in one line.

Installed with the extra ``testing``, whose pytest plugin brings the fixtures. The names are imported on first use, so
that pytest starts in an environment that has this package without paying for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation_core._lazy import on_first_use

if TYPE_CHECKING:
    from curation_core.testing.clock import Clock as Clock
    from curation_core.testing.conformance import conformance_suite as conformance_suite
    from curation_core.testing.databases import DatabaseServer as DatabaseServer
    from curation_core.testing.faults import Cut as Cut
    from curation_core.testing.faults import Delay as Delay
    from curation_core.testing.faults import Die as Die
    from curation_core.testing.faults import Faults as Faults
    from curation_core.testing.faults import Hold as Hold
    from curation_core.testing.faults import Raise as Raise
    from curation_core.testing.harness import Harness as Harness
    from curation_core.testing.items import Ran as Ran
    from curation_core.testing.items import run_item as run_item
    from curation_core.testing.loading import HarnessError as HarnessError
    from curation_core.testing.loopback import Answer as Answer
    from curation_core.testing.loopback import LoopbackServer as LoopbackServer
    from curation_core.testing.loopback import Request as Request
    from curation_core.testing.processes import EngineProcess as EngineProcess
    from curation_core.testing.waiting import eventually as eventually

_HOME = {
    "Answer": "loopback",
    "Clock": "clock",
    "Cut": "faults",
    "DatabaseServer": "databases",
    "Delay": "faults",
    "Die": "faults",
    "EngineProcess": "processes",
    "Faults": "faults",
    "Harness": "harness",
    "HarnessError": "loading",
    "Hold": "faults",
    "LoopbackServer": "loopback",
    "Raise": "faults",
    "Ran": "items",
    "Request": "loopback",
    "conformance_suite": "conformance",
    "eventually": "waiting",
    "run_item": "items",
}
__all__ = sorted(_HOME)  # noqa: PLE0605 - the table above is the list, said once

if not TYPE_CHECKING:  # or checkers would take any name for one that is there
    __getattr__, __dir__ = on_first_use(globals(), _HOME)
