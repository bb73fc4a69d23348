"""The files of one server, and the two locks that tell its starters apart."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from curation_core._postgres.refuge import LONGEST_SOCKET_FOLDER
from curation_core.errors import EmbeddedPostgresError

PAUSE = 0.01  # seconds between two looks at what another process does

_SAFE_IN_A_URL = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """What lies in a server's folder.

    Args:
        root: The folder, with symbolic links resolved.
    """

    root: Path

    @property
    def data(self) -> Path:
        """The databases; only the server's account can look into it."""
        return self.root / "data"

    @property
    def unfinished_data(self) -> Path:
        """The databases while they are first made; renamed at the end, so that `data` is whole or not there."""
        return self.root / "data.unfinished"

    @property
    def socket_folder(self) -> Path | None:
        """Where the unix socket can be, or ``None`` if the path is too long for one or a driver would misread it."""
        folder = self.root / "socket"
        fits = len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and _SAFE_IN_A_URL.fullmatch(str(folder))
        return folder if fits else None

    @property
    def log(self) -> Path:
        """What the server says, since its last start."""
        return self.root / "log"

    @property
    def pipe(self) -> Path:
        """Held open by every process that uses the server."""
        return self.root / "pipe"

    @property
    def lock(self) -> Path:
        """Locked by who starts, joins or stops the server."""
        return self.root / "lock"

    @property
    def serving(self) -> Path:
        """Locked by the server's own processes as long as one of them lives, whatever their numbers are."""
        return self.root / "serving"

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of the log, for an error."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n  ".join(text.splitlines()[-lines:]) or "(the log is empty)"

    @contextmanager
    def locked(self, deadline: float) -> Iterator[None]:
        """Hold `lock`, waiting for it until the deadline of ``time.monotonic()``."""
        file = _open(self.lock)
        try:
            while not _lock_now(file):
                if time.monotonic() > deadline:
                    message = f"another process does not get done with starting or stopping PostgreSQL in {self.root}"
                    raise EmbeddedPostgresError(message)
                time.sleep(PAUSE)
            yield
        finally:
            os.close(file)

    @contextmanager
    def claim_serving(self) -> Iterator[int]:
        """Hold `serving` through a descriptor for the server to inherit: it has the lock after we closed ours."""
        file = _open(self.serving)
        try:
            if not _lock_now(file):
                message = f"a PostgreSQL server is still using {self.root}"
                raise EmbeddedPostgresError(message)
            yield file
        finally:
            os.close(file)

    def is_served(self) -> bool:
        """Whether a server that was started here still has a process."""
        if not self.root.exists():
            return False
        file = _open(self.serving)
        try:
            return not _lock_now(file)
        finally:
            os.close(file)


def _open(path: Path) -> int:
    # For reading: a lock needs no more, and a file that root made can so be locked by the folder's owner.
    return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)


def _lock_now(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
