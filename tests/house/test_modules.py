import ast
import re
from pathlib import PurePosixPath
from statistics import median

LONGEST, USUAL, PLUGIN = 300, 120, 40
SAY_NOTHING = {"job", "task", "util", "utils", "helper", "helpers", "common", "base", "manager", "service", "core"}
SPEAK_SQL = {"plugin", "models", "saving", "budget", "purging", "slots", "__main__"}


def lengths(root, names):
    return {name: len((root / name).read_text().splitlines()) for name in names}


def top_level_imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def words(class_name):
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Z][a-z]+", class_name)}


def test_no_module_is_longer_than_300_lines(root, production):
    assert {name: count for name, count in lengths(root, production).items() if count > LONGEST} == {}


def test_half_of_the_modules_have_at_most_120_lines(root, production):
    written = [count for count in lengths(root, production).values() if count]
    assert median(written) <= USUAL


def test_no_module_has_a_name_that_says_nothing(production):
    parts = {name: {part.strip("_") for part in PurePosixPath(name).with_suffix("").parts} for name in production}
    assert {name: found for name, said in parts.items() if (found := said & SAY_NOTHING)} == {}


def test_no_class_has_a_name_that_says_nothing(production):
    classes = [node.name for tree in production.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert classes
    assert [name for name in classes if words(name) & SAY_NOTHING] == []


def test_a_plugin_module_has_at_most_40_lines(root, plugins):
    counts = lengths(root, (name for name in plugins if name.endswith("/plugin.py")))
    assert {name: count for name, count in counts.items() if count > PLUGIN} == {}


def test_a_plugin_module_holds_hook_implementations_and_nothing_else(plugins):
    strangers = {
        name: found
        for name, tree in plugins.items()
        if name.endswith("/plugin.py")
        and (
            found := [
                node.name
                for node in tree.body
                if isinstance(node, ast.ClassDef)
                or (
                    isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                    and "hookimpl" not in {ast.unparse(decorator) for decorator in node.decorator_list}
                )
            ]
        )
    }
    assert strangers == {}


def test_the_logic_of_a_plugin_knows_no_database(plugins):
    knowing = {
        name
        for name, tree in plugins.items()
        if PurePosixPath(name).stem not in SPEAK_SQL
        and any(module.split(".")[0] in {"sqlalchemy", "asyncpg"} for module in top_level_imports(tree))
    }
    assert knowing == set()
