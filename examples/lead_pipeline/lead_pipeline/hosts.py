"""Runs the command ``curation`` as an operator would: in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CONFIGURATION = """\
# Two hosts are to share each workflow, so neither is limited to one process, as both are by default; and nobody wants
# to watch minutes pass.
[workflows.domain-extraction]
every = "200ms"
max_instances = 0

[workflows.sitemap-import]
every = "200ms"
max_instances = 0
batch_size = 4
max_attempts = 2
backoff = ["1s"]

[workflows.sitemap-import.settings.fetch]
dangerously_admit_networks = ["127.0.0.0/8"]    # the town is on loopback, which the guard would refuse
"""

PATIENCE = 100  # seconds: two minutes are what the whole may take


@dataclass(frozen=True, slots=True)
class HostRun:
    """How one host process ended.

    Args:
        pid: Its process.
        code: Its exit code.
    """

    pid: int
    code: int


class Operator:
    """Types the commands. As a context manager it leaves no process behind.

    Args:
        folder: Where ``curation.toml`` and the hosts' logs are.
        url: The database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._environment = {**os.environ, "CURATION_DATABASE_URL": url}
        self._running: list[subprocess.Popen[bytes]] = []
        (folder / "curation.toml").write_text(CONFIGURATION)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def upgrade_ledger(self) -> None:
        """Make the engine's own tables: ``curation db upgrade``.

        Raises:
            RuntimeError: The command failed; with what it said.
        """
        upgrade = self._type("db", "upgrade", log="upgrade")
        if code := upgrade.wait(PATIENCE):
            message = f"`curation db upgrade` ended with {code}:\n{self.ends_of_logs()}"
            raise RuntimeError(message)

    def start_hosts(self, name: str, count: int = 2) -> list[int]:
        """Start hosts side by side: ``curation run --until-idle``.

        Args:
            name: What their logs are named.
            count: How many.

        Returns:
            Their process ids.
        """
        self._running = [self._type("run", "--until-idle", log=f"{name}-{number}") for number in range(1, count + 1)]
        return [process.pid for process in self._running]

    def require_running(self) -> None:
        """Make sure that no host has ended already.

        Raises:
            RuntimeError: One has; with what it said.
        """
        for process in self._running:
            if process.poll() is not None:
                message = f"`curation run` ended with {process.returncode} at once:\n{self.ends_of_logs()}"
                raise RuntimeError(message)

    def wait_for_hosts(self) -> list[HostRun]:
        """Wait until the hosts have found nothing left to do.

        Raises:
            RuntimeError: One ended otherwise than with 0, or with 1 for rows that failed; with what it said.
            subprocess.TimeoutExpired: One is still busy after `PATIENCE`.
        """
        deadline = time.monotonic() + PATIENCE
        runs = [HostRun(process.pid, process.wait(deadline - time.monotonic())) for process in self._running]
        if any(run.code not in {0, 1} for run in runs):
            message = f"the hosts ended with {[run.code for run in runs]}:\n{self.ends_of_logs()}"
            raise RuntimeError(message)
        return runs

    def ends_of_logs(self, characters: int = 2000) -> str:
        """What the commands said last, for one who wants to know what went wrong."""
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-characters:]}" for log in logs)

    def _type(self, *words: str, log: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{log}.log").open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-m", "curation_core", *words],
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
