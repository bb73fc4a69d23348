"""Names that a package offers and imports on first use, so that importing the package costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def on_first_use(
    package: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's ``__getattr__`` and ``__dir__``.

    Args:
        package: Its ``globals()``, which keep what was imported.
        homes: The module inside the package that each name comes from.
    """

    def get(name: str) -> Any:
        if name not in homes:
            message = f"module {package['__name__']!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(import_module(f"{package['__name__']}.{homes[name]}"), name)
        package[name] = value
        return value

    return get, lambda: sorted({*package, *homes})
