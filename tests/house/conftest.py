import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def written_by_a_person(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    hidden = [part for part in parts if part.startswith(".") and part not in {".ci", ".gitignore"}]
    made = {"__pycache__", "build", "dist"}.intersection(parts)
    return path.is_file() and not hidden and not made


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file a person wrote."""
    return sorted(path for path in ROOT.rglob("*") if written_by_a_person(path))


@pytest.fixture(scope="session")
def trees(files: list[Path]) -> dict[str, ast.Module]:
    """The syntax tree of every Python file, by its path from the root; not of plugins that are wrong on purpose."""
    sources = {path.relative_to(ROOT).as_posix(): path for path in files if path.suffix == ".py"}
    return {name: ast.parse(path.read_text()) for name, path in sources.items() if "/broken_" not in name}


@pytest.fixture(scope="session")
def production(trees: dict[str, ast.Module]) -> dict[str, ast.Module]:
    """The syntax trees of what is shipped: the core and the plugins' packages."""
    return {name: tree for name, tree in trees.items() if name.startswith("curation_core/") or "/src/" in name}


@pytest.fixture(scope="session")
def plugins(production: dict[str, ast.Module]) -> dict[str, ast.Module]:
    """The syntax trees of the plugins' packages."""
    return {name: tree for name, tree in production.items() if name.startswith("plugins/")}


@pytest.fixture(scope="session")
def projects() -> dict[str, dict[str, Any]]:
    """Every distribution's ``pyproject.toml``, by its folder from the root."""
    paths = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    return {path.parent.relative_to(ROOT).as_posix(): tomllib.loads(path.read_text()) for path in paths}
