"""Runs the command ``curation`` as an operator would: in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CONFIGURATION = """\
# Two hosts are to share each workflow, so neither is limited to one process, as both are by default.
[workflows.domain-extraction]
max_instances = 0

[workflows.sitemap-import]
max_instances = 0
batch_size = 4          # small, or the host that starts first takes them all
max_attempts = 2
backoff = ["1s"]        # nobody wants to watch a minute pass

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
        seconds: How long it ran.
    """

    pid: int
    code: int
    seconds: float


class Operator:
    """Types the commands.

    Args:
        folder: Where ``curation.toml`` and the hosts' logs are.
        url: The database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._environment = {**os.environ, "CURATION_DATABASE_URL": url}
        (folder / "curation.toml").write_text(CONFIGURATION)

    def upgrade_ledger(self) -> None:
        """Make the engine's own tables: ``curation db upgrade``.

        Raises:
            RuntimeError: The command failed; with what it said.
        """
        done = subprocess.run(  # noqa: S603 - our own words
            _curation("db", "upgrade"),
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"`curation db upgrade` ended with {done.returncode}:\n{done.stdout}"
            raise RuntimeError(message)

    def run_until_idle(self, name: str, hosts: int = 2) -> list[HostRun]:
        """Run hosts side by side until nothing is left to do: ``curation run --until-idle``.

        Args:
            name: What the logs are named.
            hosts: How many.

        Raises:
            RuntimeError: A host ended otherwise than with 0, or with 1 for rows that failed; with the end of its log.
        """
        logs = [self._folder / f"{name}-{number}.log" for number in range(1, hosts + 1)]
        started = time.monotonic()
        running: list[subprocess.Popen[bytes]] = []
        try:
            running.extend(map(self._start, logs))
            runs = [_wait_for(process, started) for process in running]
        finally:
            for process in running:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        for run, log in zip(runs, logs, strict=True):
            if run.code not in {0, 1}:
                message = f"`curation run --until-idle` ended with {run.code}:\n{log.read_text()[-4000:]}"
                raise RuntimeError(message)
        return runs

    def _start(self, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - our own words
                _curation("run", "--until-idle"),
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )


def _curation(*words: str) -> list[str]:
    return [sys.executable, "-m", "curation_core", *words]


def _wait_for(process: subprocess.Popen[bytes], started: float) -> HostRun:
    code = process.wait(timeout=max(1.0, PATIENCE - (time.monotonic() - started)))
    return HostRun(process.pid, code, time.monotonic() - started)
