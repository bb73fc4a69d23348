"""For every test of this repository: a failure is told when it happens, for a run may be cut off before its end."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Tell failures where the run talks to a terminal or a log; the workers of pytest-xdist do not."""
    if terminal := config.pluginmanager.get_plugin("terminalreporter"):
        config.pluginmanager.register(_Teller(terminal))


class _Teller:
    """Writes the name of each failed test, and what was wrong in one line."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called when a part of a test has ended, or a worker has died in it, as it does when a test hangs."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message.partition("\n")[0] if crash else report.longreprtext.strip().rpartition("\n")[2]
            self._terminal.write_line(f"\nFAILED {report.nodeid}: {said}", red=True)
