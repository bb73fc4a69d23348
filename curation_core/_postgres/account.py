"""Who the server runs as. PostgreSQL refuses to run as root, so root hands it to an account without rights."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534

_READ, _ENTER = 4, 1


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system.

    Args:
        uid: Its number.
        gid: The number of its group. It is in no other.
    """

    uid: int
    gid: int

    @classmethod
    def for_data(cls, data: Path | None) -> Account:
        """Who must run the server of a data folder: its owner if root asks, otherwise whoever asks.

        Args:
            data: The data folder. Where there is none yet, it will be `NOBODY`'s if root asks.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        owner = data.stat() if data is not None and data.exists() else None
        return cls(owner.st_uid, owner.st_gid) if owner is not None and owner.st_uid else cls(NOBODY, NOBODY)

    @property
    def is_other(self) -> bool:
        """Whether it is another account than this process's own."""
        return self.uid != os.geteuid()

    def take(self, path: Path) -> None:
        """Make a file or folder this account's."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def can_run(self, program: Path) -> bool:
        """Whether it may read and execute a file, its folders left aside."""
        return not self.is_other or self._may(program, _READ | _ENTER)

    def closed(self, folder: Path) -> Path | None:
        """The outermost folder on the way to, and including, this one that the account can't enter; or ``None``."""
        if not self.is_other:
            return None
        way = reversed([folder, *folder.parents])
        return next((step for step in way if not self._may(step, _ENTER)), None)

    def _may(self, path: Path, wanted: int) -> bool:
        # Mode bits only: an access list that says otherwise is seen by the server, whose log is then in the error.
        found = path.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid == self.gid else 0
        return (found.st_mode >> shift) & wanted == wanted
