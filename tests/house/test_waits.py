import ast

POLL, FOREVER = 0.1, 60
"""Seconds: a look at most this often inside a loop; a stand-in for endless work, which only an interruption ends."""

ALLOWED = {
    "plugins/curation-fetch/tests/test_errors.py": "a server's pace is what is tested",
    "tests/testing/test_broken_sharing.py": "an event loop that stands still is what is tested",
}
"""Test files that sleep otherwise, each with its reason."""


def numbers(tree):
    """The numbers that a module gives a name."""
    named = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    return {ast.unparse(target): node.value.value for node in named for target in node.targets}


def sleeps(node, named, *, in_loop=False):
    """Every sleep below a node: its call, its seconds (``None`` where it is no plain number), whether in a loop."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and ast.unparse(child.func).split(".")[-1] == "sleep" and child.args:
            length = child.args[0]
            yield child, named.get(ast.unparse(length), getattr(length, "value", None)), in_loop
        yield from sleeps(child, named, in_loop=in_loop or isinstance(child, ast.While))


def waits(tree):
    """The sleeps that wait for something else to have happened."""
    for call, length, in_loop in sleeps(tree, numbers(tree)):
        yields = length == 0
        polls = in_loop and isinstance(length, int | float) and length <= POLL
        stands_for_work = isinstance(length, int | float) and length >= FOREVER
        if not (yields or polls or stands_for_work):
            yield call.lineno, ast.unparse(call)


def test_no_test_sleeps_to_wait(trees):
    tests = {name: tree for name, tree in trees.items() if "tests/" in name and "tests/bench/" not in name}
    found = {name: rows for name, tree in tests.items() if (rows := list(waits(tree)))}
    assert {name: rows for name, rows in found.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "an exception that is no longer needed"


def test_the_check_sees_a_sleep_that_waits():
    code = "time.sleep(1)\nasyncio.sleep(0.01)\nsleep(n)\nwhile busy():\n    sleep(5)\n"
    assert [line for line, _ in waits(ast.parse(code))] == [1, 2, 3, 5]


def test_the_check_leaves_a_poll_a_yield_and_endless_work_alone():
    code = """
PAUSE = 0.02
while busy():
    time.sleep(PAUSE)
await asyncio.sleep(0)
await sleep(3600)
"""
    assert list(waits(ast.parse(code))) == []
