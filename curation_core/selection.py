"""A person's decision about a row, beside the machine's status: where it stands, and which decisions queue the row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from curation_core.errors import DeclarationError
from curation_core.states import Role


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """Curation is the user's and processing the system's; this says how the first starts the second.

    Args:
        column: The column of the workflow's table that holds the decision: ``Page.page_curation_status``, or its name
            where the model does not map it, since nothing but a selection looks at it.
        selects: The decisions that queue the row: members of the column's enum, or their words.
        eligible: The roles from which a selected row is queued, ``None`` among them standing for no status at all.
            ``None`` instead of them: from any, so that selecting once more runs the row once more.
        withdrawn: The status that a row gets which waited or ran when a person decided otherwise; ``None`` is NULL,
            as for a row that was never selected.

    Raises:
        DeclarationError: A part can't be right. The message names it.
    """

    column: InstrumentedAttribute[Any] | str
    selects: Collection[Any] = ("Selected",)
    eligible: Collection[Role | None] | None = None
    withdrawn: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.column, InstrumentedAttribute) and not (isinstance(self.column, str) and self.column):
            message = f"Selection: column must be a mapped column, or the name of one, got {self.column!r}"
            raise DeclarationError(message)
        if isinstance(self.selects, str) or not self.selects:
            message = f"Selection: selects must list the decisions that queue a row, got {self.selects!r}"
            raise DeclarationError(message)
        if self.eligible is not None:
            strange = [role for role in self.eligible if role is not None and not isinstance(role, Role)]
            if strange or not self.eligible:
                message = f"Selection: eligible must list roles such as Role.FAILED, and None, got {self.eligible!r}"
                raise DeclarationError(message)
