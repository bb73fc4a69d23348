"""`Plugin` says of the hooks what their specifications say, and is nothing when it runs."""

import ast
import inspect

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Plugin, States, Workflow, hookimpl, hookspecs, typed
from curation_core.host import Host, PluginState

HOOKS = (*hookspecs.OWNER_HOOKS, *hookspecs.OBSERVER_HOOKS)


class Tables(DeclarativeBase):
    pass


class Page(Tables):
    __tablename__ = "page"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]


class Titles(Plugin[Page, str, None, None]):
    @hookimpl
    def declare_workflow(self):
        return Workflow(
            status=Page.status,
            states=States(queued="Queued", processing="Processing", completed="Complete", failed="Error"),
        )

    @hookimpl
    async def process_item(self, item, attempt, resources, settings):
        return "a title"


@pytest.fixture(scope="module")
def methods():
    """What a checker sees of the class."""
    [plugin] = [node for node in ast.parse(inspect.getsource(typed)).body if isinstance(node, ast.ClassDef)]
    return {node.name: node for node in ast.walk(plugin) if isinstance(node, ast.FunctionDef)}


def test_checkers_see_every_hook_in_the_order_of_the_specifications(methods):
    assert tuple(methods) == HOOKS


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook != "lifespan"])  # it may leave out `sessions`
def test_checkers_see_each_hook_with_the_parameters_of_its_specification(methods, hook):
    specified = list(inspect.signature(getattr(hookspecs, hook)).parameters)

    assert [argument.arg for argument in methods[hook].args.args] == ["self", *specified]


@pytest.mark.parametrize("hook", HOOKS)
def test_an_editor_shows_what_the_specification_says_first(methods, hook):
    first, _, _ = inspect.getdoc(getattr(hookspecs, hook)).partition("\n")

    assert ast.get_docstring(methods[hook]) == first


async def test_a_plugin_that_inherits_it_has_the_hooks_that_it_implements_and_no_others():
    host = Host()

    report = host.register(Titles, "titles")

    assert report.state is PluginState.OK, str(report)
    assert report.hooks == ("declare_workflow", "process_item")
    assert await host.workflows["titles"].process(None, None, None, None) == "a title"
