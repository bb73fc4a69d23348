"""From binaries and an empty folder to a server that takes connections."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from curation_core._postgres.account import Account
from curation_core._postgres.binaries import Binaries
from curation_core._postgres.files import PAUSE, ServerFiles
from curation_core._postgres.lifeline import Lifeline
from curation_core._postgres.probe import SUPERUSER, Answer, Postmaster
from curation_core._postgres.refuge import temporary_folder
from curation_core.errors import EmbeddedPostgresError

Setting = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """What PostgreSQL calls the databases of one data folder, with the programs and the account that serve it.

    The caller holds the folder's lock throughout.
    """

    files: ServerFiles
    binaries: Binaries
    account: Account
    socket_folder: Path

    @classmethod
    def prepare(cls, files: ServerFiles, binaries: Binaries, account: Account) -> Cluster:
        """Clear away what a former server left, except its data, and choose where the socket will be."""
        # Nobody serves the folder, so these belong to a server that was killed. Its process number may by now be
        # another process's, for which PostgreSQL would then take it. A server without a socket can only have been
        # started by hand: PostgreSQL itself must find out whether it lives.
        former = Postmaster.read(files.data)
        if former is None or former.socket_folder:
            (files.data / "postmaster.pid").unlink(missing_ok=True)
        files.log.unlink(missing_ok=True)
        for folder in (files.unfinished_data, files.root / "socket"):
            if folder.exists():
                shutil.rmtree(folder)
        socket_folder = files.socket_folder or temporary_folder(account, for_socket_of=files.root) / "socket"
        return cls(files, binaries, account, socket_folder)

    def tie(self, *, is_throwaway: bool) -> Lifeline:
        """Start the watchdog; nothing else runs yet."""
        elsewhere = () if self.files.root in self.socket_folder.parents else (self.socket_folder.parent,)
        return Lifeline.make(self.files, (self.files.root, *elsewhere) if is_throwaway else elsewhere)

    def make_data(self, lifeline: Lifeline, deadline: float) -> None:
        """Run ``initdb`` where there is no data yet, and see that the data is of this PostgreSQL's version."""
        if not self.files.data.exists():
            self._initdb(lifeline, deadline)
        version = (self.files.data / "PG_VERSION").read_text().strip()
        if version != self.binaries.major:
            message = (
                f"{self.files.data} was made by PostgreSQL {version}, and {self.binaries.folder} holds"
                f" {self.binaries.version}. Set CURATION_PG_BIN to the programs of version {version}; or remove"
                f" {self.files.root} with all it holds, to begin anew."
            )
            raise EmbeddedPostgresError(message)

    def serve(self, lifeline: Lifeline, settings: Mapping[str, Setting], deadline: float) -> Postmaster:
        """Start ``postgres`` and wait until it takes connections."""
        self._make_private(self.socket_folder)
        fixed: dict[str, Setting] = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
        }
        given = [part for name, value in {**fixed, **settings}.items() for part in ("-c", f"{name}={_text(value)}")]
        command = [str(self.binaries.postgres), "-D", str(self.files.data), *given]
        with self.files.claim_serving() as serving:
            server = lifeline.run(command, self.account, pass_fds=[serving])
        while server.poll() is None and time.monotonic() < deadline:
            postmaster = Postmaster.read(self.files.data)
            if postmaster is not None and postmaster.ask() is Answer.READY:
                return postmaster
            time.sleep(PAUSE)
        raise self._failure(self.binaries.postgres, server.returncode)

    def _initdb(self, lifeline: Lifeline, deadline: float) -> None:
        new = self.files.unfinished_data
        self._make_private(new)
        # Without syncing (-N): the system writes 40 MB of new files out by itself, and there is nothing to lose yet.
        options = ["-N", "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C", "-D", str(new)]
        child = lifeline.run([str(self.binaries.initdb), *options], self.account)
        code: int | None
        try:
            code = child.wait(deadline - time.monotonic())
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            raise self._failure(self.binaries.initdb, code)
        new.rename(self.files.data)

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.account.take(folder)

    def _failure(self, program: Path, code: int | None) -> EmbeddedPostgresError:
        what = "was not done in time" if code is None else f"ended with code {code}"
        message = f"{program} {what}; the last lines of its log:\n  {self.files.log_tail()}"
        return EmbeddedPostgresError(message)


def _text(value: Setting) -> str:
    """A setting as PostgreSQL reads it."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
