"""Runs the command ``curation`` as operators would: in processes of its own, one of which meets with an accident."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from lead_pipeline.places import API_KEY

CONFIGURATION = """\
# Nobody wants to watch minutes pass: lost hosts are noticed soon, and rows are looked for and tried again at once.
[host]
lost_after = "5s"
sweep_every = "500ms"

# Several hosts are to share each workflow, so none is limited to one process, as most are by default.
[workflows.deep-scan]
every = "500ms"
max_instances = 0
max_attempts = 4
backoff = ["500ms"]

[workflows.deep-scan.settings]          # the key comes by the environment
base_url = "{places}"
calls_per_minute = 60000

[workflows.domain-extraction]
every = "500ms"
max_instances = 0

[workflows.sitemap-discovery]
every = "500ms"
max_attempts = 4
backoff = ["500ms"]

[workflows.sitemap-discovery.settings]
gap_seconds = 0.01                      # a second by default; the town's sites don't mind

[workflows.sitemap-discovery.settings.fetch]
{loopback}

[workflows.sitemap-import]
every = "500ms"
max_instances = 0
batch_size = 4
max_attempts = 4
backoff = ["500ms"]

[workflows.sitemap-import.settings.fetch]
{loopback}

[workflows.page-curation]
every = "500ms"
max_instances = 0
backoff = ["500ms"]

[workflows.page-curation.settings]
gap_seconds = 0.01                      # likewise

[workflows.page-curation.settings.fetch]
total_seconds = 3                       # a host's turn that died with its worker ends ten seconds after that
{loopback}
"""
LOOPBACK = """\
dangerously_admit_networks = ["127.0.0.1/32"]   # the town is on loopback, which the guard would refuse,
dangerously_connect_to = "{town}"      # and every name leads there"""

PATIENCE = 100
"""Seconds: more than the whole may take."""


class Operator:
    """Types the commands. As a context manager it leaves no process behind.

    Args:
        folder: Where ``curation.toml`` and the hosts' logs are.
        url: The database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        key = {"CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__API_KEY": API_KEY}
        self._environment = {**os.environ, **key, "CURATION_DATABASE_URL": url}
        self._hosts: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._hosts:
            process.kill()
            process.wait()

    @property
    def pids(self) -> list[int]:
        """The hosts' process ids."""
        return [process.pid for process in self._hosts]

    def configure(self, town: str, places: str) -> None:
        """Write ``curation.toml``.

        Args:
            town: Where the websites are, as address and port.
            places: Where the Places API is, as a URL.
        """
        text = CONFIGURATION.format(places=places, loopback=LOOPBACK.format(town=town))
        (self._folder / "curation.toml").write_text(text)

    def upgrade(self) -> None:
        """Make the tables of the engine and of its plugins: ``curation db upgrade``.

        Raises:
            RuntimeError: The command failed; with what it said.
        """
        if code := self._type("db", "upgrade", log="upgrade").wait(PATIENCE):
            message = f"`curation db upgrade` ended with {code}:\n{self.ends_of_logs()}"
            raise RuntimeError(message)

    def start_hosts(self, count: int) -> None:
        """Start hosts side by side: ``curation run``."""
        self._hosts = [self._type("run", log=f"host-{number}") for number in range(1, count + 1)]

    def require_running(self) -> None:
        """Make sure that no host has ended, but by an accident of ours.

        Raises:
            RuntimeError: One has; with what it said.
        """
        codes = [process.poll() for process in self._hosts]
        if any(code not in {None, -signal.SIGKILL} for code in codes):
            message = f"the hosts ended with {codes}:\n{self.ends_of_logs()}"
            raise RuntimeError(message)

    def freeze(self, pid: int) -> None:
        """Stop a host in the midst of what it does."""
        os.kill(pid, signal.SIGSTOP)

    def thaw(self, pid: int) -> None:
        """Let it go on."""
        os.kill(pid, signal.SIGCONT)

    def kill(self, pid: int) -> None:
        """End a host as a power cut does, and wait until it is gone."""
        (process,) = [process for process in self._hosts if process.pid == pid]
        process.kill()
        process.wait()

    def stop_hosts(self) -> dict[int, int]:
        """Stop the hosts that are left, as a deploy does.

        Returns:
            All hosts' exit codes, by process.

        Raises:
            subprocess.TimeoutExpired: One is still there after `PATIENCE`.
        """
        for process in self._hosts:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        return {process.pid: process.wait(deadline - time.monotonic()) for process in self._hosts}

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
