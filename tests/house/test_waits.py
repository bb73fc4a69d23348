import ast

POLL, FOREVER = 0.1, 60
"""Seconds: a look at most this often inside a loop; a stand-in for endless work, which only an interruption ends."""

ALLOWED: dict[str, str] = {}
"""Test files that sleep otherwise, each with its reason."""


def seconds(call):
    """The length of a ``sleep(…)``, infinite where it is no plain number."""
    try:
        return float(ast.literal_eval(call.args[0])) if call.args else float("inf")
    except (ValueError, TypeError):
        return float("inf")


def waits(node, *, in_loop=False):
    """The sleeps below a node that wait for something else to have happened."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and ast.unparse(child.func).split(".")[-1] == "sleep":
            length = seconds(child)
            if not (length == 0 or (in_loop and length <= POLL) or FOREVER <= length < float("inf")):
                yield child.lineno, ast.unparse(child)
        yield from waits(child, in_loop=in_loop or isinstance(child, ast.While))


def test_no_test_sleeps_to_wait(trees):
    tests = {name: tree for name, tree in trees.items() if "tests/" in name and "tests/bench/" not in name}
    found = {name: rows for name, tree in tests.items() if (rows := list(waits(tree)))}
    assert {name: rows for name, rows in found.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "an exception that is no longer needed"


def test_the_check_sees_a_sleep_that_waits():
    code = "time.sleep(1)\nasyncio.sleep(0.01)\nsleep(n)\nwhile busy():\n    sleep(5)\n"
    assert [line for line, _ in waits(ast.parse(code))] == [1, 2, 3, 5]


def test_the_check_leaves_a_poll_a_yield_and_endless_work_alone():
    code = "async def f():\n while busy():\n  await asyncio.sleep(0.01)\n await asyncio.sleep(0)\n await sleep(3600)\n"
    assert list(waits(ast.parse(code))) == []
