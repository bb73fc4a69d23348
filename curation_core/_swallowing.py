"""Find hooks that catch every exception and go on as if nothing had been: an item that was not worked ends as done."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

_ALL = {"Exception", "BaseException"}
_LOGGING = {"debug", "info", "warning", "error", "exception", "critical", "log", "print"}


def swallowed(function: Callable[..., Any]) -> Iterator[int]:
    """The lines of a function that catch every exception and neither raise, nor decide, nor keep what was caught.

    Args:
        function: As its author wrote it. Nothing is found in one without a source.
    """
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        caught = isinstance(node, ast.ExceptHandler) and _every(node.type) and all(map(_says_nothing, node.body))
        if caught or (isinstance(node, ast.withitem) and _suppresses(node.context_expr)):
            place = node.context_expr if isinstance(node, ast.withitem) else node
            yield first + getattr(place, "lineno", 1) - 1


def _every(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_every, caught.elts))
    return caught is None or _last_name(caught) in _ALL


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Call(func=called)):
            return _last_name(called) in _LOGGING
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=value) | ast.Assign(value=value):
            return value is None or _is_empty_handed(value)
    return False


def _is_empty_handed(value: ast.expr) -> bool:
    match value:
        case ast.Constant():
            return True
        case ast.List(elts=inside) | ast.Tuple(elts=inside) | ast.Set(elts=inside) | ast.Dict(values=inside):
            return all(map(_is_empty_handed, inside))
    return False


def _suppresses(context: ast.expr) -> bool:
    match context:
        case ast.Call(func=called, args=caught):
            return _last_name(called) == "suppress" and any(map(_every, caught))
    return False


def _last_name(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
