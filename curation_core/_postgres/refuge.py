"""Places the server's account can enter, for what lies in a folder that it can't: root's home is the usual one."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

from curation_core._postgres.account import Account
from curation_core._postgres.binaries import Binaries
from curation_core.errors import EmbeddedPostgresError

# A folder of the system that outlives a restart: a temporary one would lose what was to be kept.
DEFAULT_HOME = "/var/lib/curation-core"

# PostgreSQL allows 107 bytes of socket path on Linux and 103 on macOS; a file name of up to 20 comes after the folder.
LONGEST_SOCKET_FOLDER = 80

MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
MEMORY_WANTED = 2 * 2**30  # bytes; a container has 64 MB there, and a server with its databases needs some 200


def memory_folder(account: Account) -> Path | None:
    """A new folder in the file system that is kept in memory; ``None`` where there is none with room.

    Where ``TMPDIR`` is set, its user has said where temporary files go.

    Args:
        account: Who must enter it.
    """
    try:
        room = os.statvfs(MEMORY)
        if "TMPDIR" in os.environ or room.f_bavail * room.f_frsize < MEMORY_WANTED or account.closed(MEMORY):
            return None
        folder = Path(tempfile.mkdtemp(prefix="curation-pg-", dir=MEMORY))
    except OSError:
        return None
    _let_through(folder, account)
    return folder


def temporary_folder(account: Account, for_socket_of: Path | None = None) -> Path:
    """A new folder with a short path that the account can enter and nobody but this process's user can write to.

    Args:
        account: Who must enter it.
        for_socket_of: The server's folder whose own path is too long for a socket. It gets the same folder at each
            start, where it can be had: whoever knows the server's address finds it again after a restart.
    """
    system = ("/tmp", "/var/tmp")  # noqa: S108 - mkdtemp below makes a private folder in it
    for candidate in map(Path, (tempfile.gettempdir(), *system)):
        parent = candidate.resolve()
        if parent.is_dir() and len(str(parent)) < LONGEST_SOCKET_FOLDER // 2 and account.closed(parent) is None:
            folder = _named_after(for_socket_of, parent) or Path(tempfile.mkdtemp(prefix="curation-pg-", dir=parent))
            _let_through(folder, account)
            return folder
    message = (
        f"no temporary folder with a short path that uid {account.uid}, which runs the server, can enter: neither"
        f" {tempfile.gettempdir()} nor {' nor '.join(system)}. Set TMPDIR to one."
    )
    raise EmbeddedPostgresError(message)


def _named_after(server: Path | None, parent: Path) -> Path | None:
    if server is None:
        return None
    folder = parent / f"curation-pg-{hashlib.sha256(os.fsencode(server)).hexdigest()[:16]}"
    try:
        found = folder.lstat()
    except FileNotFoundError:
        pass
    else:
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return None  # anybody may write to the parent: this is somebody else's
        shutil.rmtree(folder)  # of a server that was killed with its watchdog
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return None
    return folder


def enterable_folder(wanted: Path, account: Account) -> Path:
    """The folder for a kept server: the wanted one, or one that the account can enter, linked from the wanted place.

    Args:
        wanted: Where the user looks for it. Made where it is missing.
        account: Who must enter it.

    Returns:
        An existing folder, with symbolic links resolved.

    Raises:
        EmbeddedPostgresError: There is such a folder already, and the account can't enter it.
    """
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if not wanted.is_dir():
        if wanted.is_symlink():
            wanted.unlink()  # what it pointed at is gone
        if account.closed(wanted.parent.resolve()) is None:
            wanted.mkdir(exist_ok=True)
            _let_through(wanted, account)
        else:
            _link_refuge(wanted, account)
    if closed := account.closed(wanted.resolve()):
        message = (
            f"{wanted} is there, and uid {account.uid}, which runs PostgreSQL because root must not, can't enter"
            f" {closed}. Allow it with: chmod o+x {closed}; or choose another folder."
        )
        raise EmbeddedPostgresError(message)
    return wanted.resolve()


def readable_binaries(binaries: Binaries, account: Account) -> Binaries:
    """The binaries themselves, or a copy that the account can read, made once.

    Raises:
        EmbeddedPostgresError: They can't be copied, because their parts lie in several places.
    """
    blocked = account.closed(binaries.folder)
    if blocked is None and account.can_run(binaries.postgres):
        return binaries
    blocked = blocked or binaries.postgres
    prefix = binaries.folder.parent
    if not any(prefix.glob("share/**/postgres.bki")):
        message = (
            f"uid {account.uid}, which runs the server because root must not, can't read {binaries.folder} ({blocked}"
            f" is closed to it), and {prefix} is no complete installation that could be copied."
            f" Allow it with: chmod o+rx {blocked}; or set CURATION_PG_BIN to another folder."
        )
        raise EmbeddedPostgresError(message)
    stamp = binaries.postgres.stat()
    key = hashlib.sha256(f"{prefix} {stamp.st_mtime_ns} {stamp.st_size}".encode()).hexdigest()[:12]
    target = _home(account) / f"binaries-{binaries.version}-{key}"
    if not target.exists():
        _copy(prefix, target)
    folder = target / prefix.parent.name / prefix.name / binaries.folder.name
    return replace(binaries, folder=folder, origin=f"{binaries.origin} (copied to {target}: {blocked} is closed)")


def _home(account: Account) -> Path:
    home = Path(os.environ.get("CURATION_PG_HOME") or DEFAULT_HOME).absolute()
    try:
        if not home.exists():
            home.mkdir(parents=True, exist_ok=True)
            home.chmod(0o755)  # root's umask may close what it makes
        home = home.resolve()
        closed = account.closed(home)
    except OSError as error:
        closed, reason = home, f" ({error.strerror})"
    else:
        reason = ""
    if closed is not None:
        message = (
            f"{home} should hold what uid {account.uid} needs to run PostgreSQL for root, and {closed} can't be"
            f" entered{reason}. Set CURATION_PG_HOME to a folder that every user can enter."
        )
        raise EmbeddedPostgresError(message)
    return home


def _link_refuge(wanted: Path, account: Account) -> None:
    refuge = Path(tempfile.mkdtemp(prefix=f"{wanted.parent.parent.name}-", dir=_home(account)))
    _let_through(refuge, account)
    try:
        wanted.symlink_to(refuge)
    except FileExistsError:
        refuge.rmdir()  # another process was quicker


def _let_through(folder: Path, account: Account) -> None:
    folder.chmod(0o711 if account.is_other else 0o700)


def _copy(prefix: Path, target: Path) -> None:
    """Copy an installation with the libraries that a repaired wheel keeps beside its package."""
    staging = Path(tempfile.mkdtemp(prefix="copying-", dir=target.parent))
    package = prefix.parent
    shutil.copytree(prefix, staging / package.name / prefix.name, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, staging / libraries.name)
    for path in (staging, *staging.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        staging.rename(target)
    except OSError:
        shutil.rmtree(staging)
        if not target.exists():
            raise
