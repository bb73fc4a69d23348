"""Take away one guard of the protocol after the other, and see that a test fails: ``nox -s mutants``.

Each time the package is copied, the copy is changed, and the tests that must fail are run on the copy: the checkout
stays as it is. First they are run on a copy that is not changed, since tests that fail anyway say nothing. Words after
``--`` choose guards by parts of their names. The exit code is 1 if a guard can be missing unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from guards import GUARDS, Guard

from curation_core import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "curation_core"
PYTEST = Path(sys.executable).with_name("pytest")  # and not `python -m`, which would put the checkout on the path
LIMIT = 120  # seconds: a guard whose absence makes a test hang is missed too
PASSED, FAILED = 0, 1  # pytest's exit codes


@dataclass
class Trial:
    """What became of a guard's absence.

    Args:
        guard: Which guard.
        killed_by: The test that failed, or what else happened; empty when nothing did.
        seconds: How long it took.
        trouble: What pytest said, where it neither passed nor failed.
    """

    guard: Guard
    killed_by: str
    seconds: float
    trouble: str = ""


def copied(folder: Path) -> Path:
    """A copy of the package in a folder."""
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / PACKAGE.name


def run(package: Path, server: str, tests: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run tests on a copy of the package.

    Raises:
        subprocess.TimeoutExpired: They did not end.
    """
    path = os.pathsep.join((str(package.parent), str(Path(__file__).parent)))
    environment = {"PYTHONPATH": path, "CURATION_MUTANT": str(package), "CURATION_TEST_DATABASE_URL": server}
    words = ["-p", "imported", "-p", "no:cacheprovider", "-q", "--tb=no", "-rfE", *options, *tests]
    return subprocess.run(
        [str(PYTEST), *words],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=LIMIT * (1 + 9 * bool(options)),
        check=False,
    )


def tried(guard: Guard, server: str) -> Trial:
    """Take a guard away, and run the tests that must fail."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        package = copied(Path(folder))
        file = package / guard.file
        file.write_text(guard.taken_from(file.read_text()))
        try:
            ran = run(package, server, list(guard.killed_by), "-x")
        except subprocess.TimeoutExpired:
            return Trial(guard, "a test that did not end", time.monotonic() - began)
    seconds = time.monotonic() - began
    if ran.returncode == PASSED:
        return Trial(guard, "", seconds)
    failed = [line.split()[1] for line in ran.stdout.splitlines() if line.startswith("FAILED ")]
    if ran.returncode == FAILED and failed:
        return Trial(guard, failed[0].split("::", 1)[1].split("[")[0], seconds)
    return Trial(guard, "", seconds, ran.stdout + ran.stderr)


def main(words: list[str]) -> int:
    """Try the guards, and print a table. Returns the exit code."""
    chosen = [guard for guard in GUARDS if not words or any(word in guard.name for word in words)]
    if not chosen:
        print(f"no guard has {' or '.join(words)} in its name", file=sys.stderr)
        return 2
    processes = os.cpu_count() or 1
    with EmbeddedPostgres.throwaway({"max_connections": 200}) as server, ThreadPoolExecutor(processes) as executor:
        tests = sorted({test for guard in chosen for test in guard.killed_by})
        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            ran = run(copied(Path(folder)), server.url, tests, "-n", str(processes))
        if ran.returncode != PASSED:
            print(ran.stdout, ran.stderr, "The tests fail with every guard in its place.", file=sys.stderr)
            return 1
        trials = list(executor.map(lambda guard: tried(guard, server.url), chosen))
    width = max(len(trial.guard.name) for trial in trials)
    for trial in trials:
        told = trial.killed_by or ("pytest went wrong" if trial.trouble else "SURVIVED")
        print(f"{trial.guard.name:{width}}  {trial.guard.file:22}  {told:100.100}  {trial.seconds:5.1f} s")
        if trial.trouble:
            print(trial.trouble, file=sys.stderr)
    survived = [trial for trial in trials if not trial.killed_by]
    print(f"{len(trials) - len(survived)} of {len(trials)} guards can't be missing unnoticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
