"""Each outcome with its fields, and what the engine makes of it, asked of the engine's own judge."""

from datetime import UTC, datetime, timedelta
from functools import partial

from prose import documented, signature, table

import curation_core
from curation_core import Done, Fail, Outcome, Pause, Policy, Retry, Skip
from curation_core._judge import judge, judge_error
from curation_core.claims import Claim, Verdict

NAMES = ("Done", "Skip", "Retry", "Fail", "Pause")
POLICY = Policy()


def claim(attempt: int) -> Claim:
    return Claim(None, "[42]", 1, 1, attempt, 0, datetime(2026, 1, 1, tzinfo=UTC))


def section(name: str) -> str:
    outcome = getattr(curation_core, name)
    return f"### `{name}`\n\n`{signature(outcome, name)}`\n\n{documented(outcome)}"


def effects() -> str:
    hour = timedelta(hours=1)
    asked: list[tuple[str, Verdict]] = [
        ("a plain result, `None` too", judge(claim(1), "x", POLICY)),
        ("`Done(result, note)`", judge(claim(1), Done("x", "n"), POLICY)),
        ("`Skip(reason)`", judge(claim(1), Skip("r"), POLICY)),
        ("`Retry(…)`, attempts left", judge(claim(1), Retry(hour, "r"), POLICY)),
        ("`Retry(…)`, the last attempt", judge(claim(3), Retry(hour, "r"), POLICY)),
        ("`Fail(reason)`", judge(claim(1), Fail("r"), POLICY)),
        ("`Pause(duration, reason)`", judge(claim(1), Pause(hour, "r"), POLICY)),
        ("an exception, attempts left", judge_error(claim(1), ValueError("r"), POLICY)),
        ("an exception, the last attempt", judge_error(claim(3), ValueError("r"), POLICY)),
        ("another subclass of `Outcome`", judge(claim(1), type("Other", (Outcome,), {})(), POLICY)),
    ]
    rows = [
        [
            returned,
            verdict.transition.target.value,
            "yes" if verdict.charged else "no",
            "yes" if verdict.saves else "where `result` is given" if carries(returned) else "no",
            f"`{verdict.outcome}`",
        ]
        for returned, verdict in asked
    ]
    return table(["returned or raised", "the row becomes", "charged", "`save_result` is called", "history"], rows)


def carries(returned: str) -> bool:
    return returned.startswith(("`Skip", "`Retry", "`Fail"))


SECTIONS = {**{f"outcome {name}": partial(section, name) for name in NAMES}, "effects": effects}
