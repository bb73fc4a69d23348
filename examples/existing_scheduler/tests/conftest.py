"""An application with schedulers of its own, on a database with the engine's tables."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from curation_core import EmbeddedPostgres

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))
NEW, OLD = "from leads.after import", "from leads.before import"
CALLERS = ("deep_scan", "domain_extraction", "sitemap_import", "page_curation")


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    """A database with the application's tables and the engine's."""
    with EmbeddedPostgres.throwaway() as server:
        environment = os.environ | {"CURATION_DATABASE_URL": server.url}
        command = [sys.executable, "-m", "curation_core", "db", "upgrade"]
        folder = tmp_path_factory.mktemp("nowhere")
        subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True)
        os.environ["DATABASE_URL"] = server.url  # read where the application's modules are imported
        yield server.url
        del os.environ["DATABASE_URL"]


@pytest.fixture
async def application(url):
    """Its tables, empty."""
    from leads import models  # noqa: PLC0415 - it reads the address when it is imported

    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.drop_all)
        await connection.run_sync(models.Base.metadata.create_all)
    return engine


@pytest.fixture
def before(tmp_path):
    """The application as it was: the same files, but for one import in each scheduler."""
    folder = tmp_path / "before"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    for name in CALLERS:
        path = folder / "leads" / f"{name}.py"
        source = path.read_text()
        assert source.count(NEW) == 1
        path.write_text(source.replace(NEW, OLD))
    return folder


@pytest.fixture
async def host(url):
    """Starts the application in a process of its own; ends it, if it still runs."""
    started = []

    async def start(folder=HERE, **environment):
        environment = os.environ | {"DATABASE_URL": url} | environment
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "leads", cwd=folder, env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()
