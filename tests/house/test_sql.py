import ast

ALLOWED: dict[str, str] = {}
"""Files that may hand over a statement made from pieces, each with its reason."""

SENDERS = {"text", "exec_driver_sql", "execute", "executemany", "fetch", "fetchrow", "fetchval", "scalar", "scalars"}


def made_from_pieces(node):
    """Whether an expression is an f-string, a sum, a %-format or a .format() of strings."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        sides = (node.left, node.right)
        return isinstance(node.op, ast.Add | ast.Mod) and any(is_text(side) for side in sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"format", "join"} and is_text(node.func.value)
    return False


def is_text(node):
    return made_from_pieces(node) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def called(node):
    """The name of the function, without its module; ``text`` of anything but SQLAlchemy is another function."""
    name = ast.unparse(node.func)
    return (
        name.split(".")[-1] if name.split(".")[-1] != "text" else name.removeprefix("sqlalchemy.").removeprefix("sa.")
    )


def statements_made_from_pieces(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in SENDERS and node.args:
            first = node.args[0]
            if made_from_pieces(first) or (called(node) == "text" and not isinstance(first, ast.Constant)):
                yield node.lineno, ast.unparse(first)


def test_no_statement_is_made_from_pieces_of_text(trees):
    found = {name: rows for name, tree in trees.items() if (rows := list(statements_made_from_pieces(tree)))}
    assert {name: rows for name, rows in found.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "an exception that is no longer needed"


def test_the_check_sees_each_way_of_making_one():
    code = """
text(f"select {x}"); text("select " + x); text("select %s" % x); text("select {}".format(x)); text(x)
conn.execute(f"select {x}"); conn.fetchval("a" + b + "c"); conn.exec_driver_sql(" ".join(x))
"""
    ways = sum(isinstance(node, ast.Call) and called(node) in SENDERS for node in ast.walk(ast.parse(code)))
    assert len(list(statements_made_from_pieces(ast.parse(code)))) == ways


def test_the_check_leaves_whole_texts_and_constructs_alone():
    code = """
text("select 1"); conn.execute(select(Page)); conn.fetchval("select 1"); executor.fetch(url + path)
"""
    assert list(statements_made_from_pieces(ast.parse(code))) == []
