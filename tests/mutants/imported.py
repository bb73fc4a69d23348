"""A pytest plugin that stops the run where another copy of the package is imported than the one that is meant."""

import os
from pathlib import Path

import pytest

import curation_core


def pytest_configure() -> None:
    found, meant = Path(curation_core.__file__).resolve().parent, Path(os.environ["CURATION_MUTANT"]).resolve()
    if found != meant:
        raise pytest.UsageError(f"curation_core was imported from {found}, and not from {meant}")
