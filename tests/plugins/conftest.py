"""A folder that looks like site-packages, into which a test installs the plugins of this folder."""

import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow, hookimpl
from curation_core.host import Host, PluginState

HERE = Path(__file__).parent


class Site:
    """A place on ``sys.path`` with distributions in it.

    A plugin is a folder beside this file with a ``plugin.py``. Its ``entry_points.txt`` and ``METADATA`` are made up
    where it has none; an empty ``METADATA`` stands for a distribution that lost it.
    """

    def __init__(self, path):
        self.path = path
        self.names = []  # what to allow, so that a test meets these plugins and no others that happen to be installed
        shutil.copy(HERE / "fixture_tables.py", path)

    def install(self, *plugins, version="1.2.3"):
        for plugin in plugins:
            name = plugin.replace("_", "-")
            distribution = f"curation-{name}"
            (self.path / plugin).mkdir()
            shutil.copy(HERE / plugin / "plugin.py", self.path / plugin)
            points = _own(plugin, "entry_points.txt", f"[curation_core.plugins]\n{name} = {plugin}.plugin\n")
            headers = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\nRequires-Dist: curation-core\n"
            metadata = _own(plugin, "METADATA", headers)
            self.write(f"curation_{plugin}-{version}.dist-info", points, metadata)
            self.names.append(distribution if metadata else name)

    def write(self, folder, entry_points, metadata):
        info = self.path / folder
        info.mkdir(parents=True)
        (info / "entry_points.txt").write_text(entry_points)
        if metadata:
            (info / "METADATA").write_text(metadata)

    def discover(self):
        """A host that has met the plugins of this site, and its reports by name."""
        host = Host(allow=self.names)
        host.discover()
        return host, {report.name: report for report in host.reports if report.state is not PluginState.BLOCKED}

    def imported(self):
        """Which plugins of this site were imported."""
        own = {entry.name for entry in self.path.iterdir() if entry.is_dir()}
        return {package for name in sys.modules if (package := name.partition(".")[0]) in own}


def _own(plugin, file, made_up):
    own = HERE / plugin / file
    return own.read_text() if own.exists() else made_up


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An empty `Site` on ``sys.path``; what is imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    yield Site(tmp_path)
    own = {entry.stem for entry in tmp_path.iterdir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in own]:
        del sys.modules[name]


def workflow_in(schema):
    """A workflow of a model of its own, whose table is always called ``page``."""

    class Base(DeclarativeBase):
        metadata = MetaData(schema=schema)

    class Page(Base):
        __tablename__ = "page"
        id: Mapped[int] = mapped_column(primary_key=True)
        status: Mapped[str]

    states = States(queued="Queued", processing="Processing", completed="Completed", failed="Error")
    return Workflow(status=Page.status, states=states)


@pytest.fixture
def workflow_of_schema():
    return workflow_in


@pytest.fixture
def workflow():
    return workflow_in(None)


@pytest.fixture
def plugin(workflow):
    """Makes a plugin module of functions; where one is ``process_item``, it declares ``workflow``."""

    def make(**hooks):
        if "process_item" in hooks:
            hooks = {"declare_workflow": lambda: workflow, **hooks}
        module = ModuleType("made_by_a_test")
        vars(module).update({name: hookimpl(function) for name, function in hooks.items()})
        return module

    return make


@pytest.fixture
def bound(plugin):
    """Binds functions as the one workflow ``pages`` and returns it."""

    def bind(**hooks):
        host = Host()
        report = host.register(plugin(**hooks), "pages")
        assert report.state is PluginState.OK, report
        return host.workflows["pages"]

    return bind
