"""A PostgreSQL server that lives as long as the processes that use it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from curation_core._postgres.account import Account
from curation_core._postgres.binaries import find_binaries
from curation_core._postgres.cluster import Cluster, Setting
from curation_core._postgres.files import PAUSE, ServerFiles
from curation_core._postgres.lifeline import Lifeline
from curation_core._postgres.probe import Answer, Postmaster
from curation_core._postgres.refuge import enterable_folder, memory_folder, readable_binaries, temporary_folder
from curation_core.errors import EmbeddedPostgresError

DEFAULT_FOLDER = ".curation/postgres"

_NOT_RUNNING = "the embedded PostgreSQL is not running: call start(), or use it as a context manager"

# Nothing here has to survive a crash of the machine.
_THROWAWAY_SETTINGS: dict[str, Setting] = {"fsync": False, "full_page_writes": False, "synchronous_commit": False}


class EmbeddedPostgres:
    """A PostgreSQL server on a unix socket, without passwords and without TCP. Only its own user, and root, can use it.

    Make one with `throwaway` or `kept`, and use it as a context manager. It stops when the last process that uses it
    has stopped it, ended or died.
    """

    def __init__(
        self,
        folder: Path | None = None,
        settings: Mapping[str, Setting] | None = None,
        deadline: float | None = None,
        *,
        in_memory: bool = False,
    ) -> None:
        if settings is None or deadline is None:
            message = (
                "make an EmbeddedPostgres with EmbeddedPostgres.kept(folder), whose data stays, or with "
                "EmbeddedPostgres.throwaway()"
            )
            raise TypeError(message)
        self._wanted = folder
        self._in_memory = in_memory
        self._settings = settings
        self._patience = deadline
        self._files: ServerFiles | None = None
        self._lifeline: Lifeline | None = None
        self._postmaster: Postmaster | None = None
        self._owned = False
        self._origin = ""

    @classmethod
    def throwaway(
        cls, settings: Mapping[str, Setting] | None = None, *, deadline: float = 60.0, in_memory: bool = False
    ) -> Self:
        """A fast server in a temporary folder that is removed with it.

        Args:
            settings: PostgreSQL's own, by name: ``{"shared_buffers": "512MB"}``. They win over the fast ones.
            deadline: Seconds until a start that does not get ready is an error.
            in_memory: Put the folder into ``/dev/shm``, where that has 2 GB of room and ``TMPDIR`` is not set. For
                who makes and drops many databases, of 300 files each: in memory one takes 8 ms, and on an ext4 without
                a journal 15 ms at first and 250 ms after a hundred, as that looks at each file that was just removed.
        """
        return cls(None, _THROWAWAY_SETTINGS | dict(settings or {}), deadline, in_memory=in_memory)

    @classmethod
    def kept(
        cls,
        folder: Path | str = DEFAULT_FOLDER,
        settings: Mapping[str, Setting] | None = None,
        *,
        deadline: float = 60.0,
    ) -> Self:
        """A durable server whose data stays. If a live server serves the folder, it is joined.

        Args:
            folder: Where the data is; made where it is missing.
            settings: PostgreSQL's own, by name, for the process that starts the server.
            deadline: Seconds until a start that does not get ready is an error.
        """
        return cls(Path(folder), dict(settings or {}), deadline)

    @property
    def url(self) -> str:
        """SQLAlchemy's URL of the database ``postgres``, with asyncpg as driver."""
        return self._running.address("asyncpg")

    @property
    def dsn(self) -> str:
        """The same for ``asyncpg.connect`` and ``psql``."""
        return self._running.address()

    @property
    def owned(self) -> bool:
        """Whether this process started the server, and did not join it."""
        return self._owned

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        return self._running.pid

    @property
    def folder(self) -> Path:
        """Where the server's files are: elsewhere than asked for, if its account can't enter that place."""
        if self._files is None:
            raise EmbeddedPostgresError(_NOT_RUNNING)
        return self._files.root

    @property
    def description(self) -> str:
        """One line for a person: which PostgreSQL it is, and where its data is."""
        what = self._origin if self._owned else f"the PostgreSQL that runs as process {self.pid}"
        where = f"{'kept' if self._wanted else 'temporary'} data in {self.folder}"
        if self._wanted is not None and self._wanted.is_symlink():
            account = Account.for_data(self.folder / "data")
            closed = account.closed(self._wanted.parent.resolve()) or self._wanted.parent
            where += f" (linked from {self._wanted}: {closed} is closed to uid {account.uid}, which runs the server)"
        return f"{what}, {where}"

    def start(self) -> Self:
        """Start the server, or join the one that runs, and return when it takes connections.

        Raises:
            EmbeddedPostgresError: No binaries, no folder that can be used, or a server that does not get ready.
        """
        if self._postmaster is not None:
            message = f"it was started before: {self.description}"
            raise EmbeddedPostgresError(message)
        deadline = time.monotonic() + self._patience
        try:
            self._files = files = self._choose_files()
            with files.locked(deadline):
                self._postmaster = self._join(files, deadline) or self._launch(files, deadline)
        except OSError as error:
            place = self._files.root if self._files else self._wanted
            self.stop()
            message = f"the embedded PostgreSQL can't be started in {place}: {error}"
            raise EmbeddedPostgresError(message) from error
        except BaseException:
            self.stop()  # not under the lock, which the watchdog needs to stop what was started
            raise
        return self

    def stop(self) -> None:
        """Let go of the server. If no other process uses it, it shuts down, and this returns when it is gone."""
        files, lifeline = self._files, self._lifeline
        self._files = self._lifeline = self._postmaster = None
        if lifeline is not None:
            lifeline.let_go()
        elif files and self._wanted is None:
            shutil.rmtree(files.root)  # no watchdog was there yet to do it

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _running(self) -> Postmaster:
        if self._postmaster is None:
            raise EmbeddedPostgresError(_NOT_RUNNING)
        return self._postmaster

    def _choose_files(self) -> ServerFiles:
        if self._wanted is None:
            account = Account.for_data(None)
            folder = memory_folder(account) if self._in_memory else None
            return ServerFiles(folder or temporary_folder(account))
        wanted = self._wanted.absolute()
        return ServerFiles(enterable_folder(wanted, Account.for_data(ServerFiles(wanted).data)))

    def _join(self, files: ServerFiles, deadline: float) -> Postmaster | None:
        self._owned = False
        while True:
            postmaster = Postmaster.read(files.data)
            answer = postmaster.ask() if postmaster else Answer.NOTHING
            if postmaster and answer is Answer.READY:
                self._lifeline = Lifeline.join(files)
                return postmaster
            if answer is Answer.NOTHING and not files.is_served():
                return None
            if time.monotonic() > deadline:
                message = f"PostgreSQL in {files.root} is not ready ({answer.value}); its log:\n  {files.log_tail()}"
                raise EmbeddedPostgresError(message)
            time.sleep(PAUSE)

    def _launch(self, files: ServerFiles, deadline: float) -> Postmaster:
        self._owned = True
        account = Account.for_data(files.data)
        binaries = readable_binaries(find_binaries(), account)
        self._origin = f"PostgreSQL {binaries.version} of {binaries.origin}"
        cluster = Cluster.prepare(files, binaries, account)
        self._lifeline = cluster.tie(is_throwaway=self._wanted is None)
        cluster.make_data(self._lifeline, deadline)
        return cluster.serve(self._lifeline, self._settings, deadline)
