"""The project's sessions: ``python3 noxfile.py demo`` on a machine that has nothing but Python, or ``nox -s demo``.

Run as a script it makes nox a private environment under ``.nox/bootstrap`` and hands over to it: words name sessions,
options are nox's own, and what follows ``--`` goes to the session. Without a word it lists the sessions.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NOX = "nox>=2026.2.9"  # 2026.2.9: the first that works with uv 0.10 and newer, where uv is there


def bootstrap(arguments: list[str]) -> None:
    """Replace this process by nox in its own environment, made on first use. The system's Python stays as it is.

    Args:
        arguments: Session names, then options; none lists the sessions.

    Raises:
        SystemExit: Python is too old, or has neither ensurepip nor pip. The message names the remedy.
    """
    if sys.version_info < (3, 11):
        raise SystemExit("noxfile.py: needs Python 3.11 or newer, this is " + sys.version.split()[0])
    home = ROOT / ".nox" / "bootstrap"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    made_for, wanted = home / "made-for", f"{NOX} on {sys.version} at {sys.executable}"
    if not made_for.exists() or made_for.read_text() != wanted:
        install_nox(home, python)
        made_for.write_text(wanted)
    named = arguments and not arguments[0].startswith("-")
    chosen = ["-s", *arguments] if named else arguments or ["--list"]
    os.execv(python, [str(python), "-m", "nox", "-f", str(Path(__file__).resolve()), *chosen])


def install_nox(home: Path, python: Path) -> None:
    """Make the environment and install nox in it, with the pip of the environment or else this Python's."""
    own_pip = find_spec("ensurepip") is not None  # Debian keeps it in a package of its own
    if find_spec("venv") is None or not (own_pip or find_spec("pip")):
        message = (
            f"noxfile.py: {sys.executable} has neither ensurepip nor pip, so nothing can be installed.\n"
            "On Debian and Ubuntu:  apt-get install python3-venv"
        )
        raise SystemExit(message)
    import subprocess
    import venv

    print(f"noxfile.py: installing nox into {home.relative_to(ROOT)} (once)", file=sys.stderr, flush=True)
    venv.create(home, clear=True, with_pip=own_pip)
    pip = [python, "-m", "pip"] if own_pip else [sys.executable, "-m", "pip", "--python", python]
    install = [*pip, "install", "--quiet", "--disable-pip-version-check", NOX]
    if code := subprocess.run(install, check=False).returncode:
        raise SystemExit(f"noxfile.py: pip could not install {NOX} from the package index (exit code {code})")


if __name__ == "__main__":
    bootstrap(sys.argv[1:])

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"  # a missing interpreter is skipped at once, not sought on the network
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests"]

PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))
DISTRIBUTIONS = [".", *(str(path.parent.relative_to(ROOT)) for path in sorted(ROOT.glob("[pe]*/*/pyproject.toml")))]


def requirements(group: str, *folders: str) -> list[str]:
    """What the folders' ``pyproject.toml`` list under a dependency group; a folder without it adds nothing."""
    tables = [nox.project.load_toml(ROOT / folder / "pyproject.toml") for folder in folders]
    having = [table for table in tables if group in table.get("dependency-groups", {})]
    return sorted({line for table in having for line in nox.project.dependency_groups(table, group)})


def install_everything(session: nox.Session, *groups: str) -> None:
    """Install the core, the plugins and the examples for editing, with the named dependency groups."""
    editable = [word for folder in DISTRIBUTIONS for word in ("-e", "./" + folder)]
    editable[1] = ".[embedded]"
    session.install(*editable, *(line for group in groups for line in requirements(group, *DISTRIBUTIONS)))


@nox.session
def demo(session: nox.Session) -> None:
    """Run five workflows over a small lead pipeline, from places to contacts, on a PostgreSQL of its own."""
    install_everything(session)
    session.run("python", "-m", "lead_pipeline", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test: the core's, the plugins', the examples' and the blocks of the documentation."""
    install_everything(session, "tests")
    session.run("pytest", *(session.posargs or ["-n", "auto", "--maxprocesses=4"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, floors and changelog fragments."""
    session.install(*requirements("lint", "."))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy and pyright, a plugin author's code among them."""
    install_everything(session, "types")
    session.run("mypy")
    session.run("pyright", "--pythonpath", str(Path(session.bin) / "python"))


FROM_WHEELS = """
import subprocess
import sys
from importlib import import_module
from importlib.metadata import distribution, entry_points
from pathlib import Path

sources = dict(word.split("=") for word in sys.argv[1].split(","))
for name, source in sources.items():
    source = Path(source)
    module = import_module(source.name)
    assert "site-packages" in Path(module.__file__).parts, f"{name} was imported from {module.__file__}"
    shipped = {str(file) for file in distribution(name).files}
    assert any(file.endswith("licenses/LICENSE") for file in shipped), f"the wheel of {name} carries no licence"
    written = {path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    missing = {path.relative_to(source.parent).as_posix() for path in written} - shipped
    assert not missing, f"the wheel of {name} lacks {missing}"
strangers = {e.dist.name for e in entry_points(group="curation_core.plugins")} - set(sources)
assert not strangers, f"other plugins are visible: {strangers}"
# In a process of its own: pytest finds the core's plugin by itself, and wants to be the first to import it.
sys.exit(subprocess.call([sys.executable, "-P", "-m", "pytest", *sys.argv[2:]]))
"""


def with_siblings(folder: str) -> list[str]:
    """The folder's distribution after those of this repository that it depends on, the core first."""
    needed = nox.project.load_toml(ROOT / folder / "pyproject.toml")["project"]["dependencies"]
    siblings = [sibling for sibling in PLUGINS for line in needed if line.startswith(sibling)]
    return list(dict.fromkeys([".", *(s for sibling in siblings for s in with_siblings(f"plugins/{sibling}")), folder]))


def source_of(name: str) -> Path:
    """The folder of a distribution's package."""
    package = name.replace("-", "_")
    return ROOT / package if name == "curation-core" else ROOT / "plugins" / name / "src" / package


@nox.session(reuse_venv=False)  # pip keeps an installed wheel of the same version, however old it is
@nox.parametrize("plugin", PLUGINS)
def wheels(session: nox.Session, plugin: str) -> None:
    """Test each plugin as its users get it: wheels by path, in an environment and a folder with nothing else."""
    folders = with_siblings(f"plugins/{plugin}")
    empty = Path(session.create_tmp()).resolve()
    dist = empty.with_name("dist")
    shutil.rmtree(dist, ignore_errors=True)
    session.install("pip")  # uv makes environments without it
    session.run("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(dist), *("./" + f for f in folders))
    built = {path.name.split("-")[0].replace("_", "-"): path.as_uri() for path in dist.glob("*.whl")}
    extras = {"curation-core": "[embedded]"}
    by_path = [f"{name}{extras.get(name, '')} @ {uri}" for name, uri in built.items()]
    session.install(*by_path, *requirements("tests", *folders))
    session.chdir(empty)
    sources = [f"{name}={source_of(name)}" for name in built]
    arguments = ["-c", str(ROOT / "pyproject.toml"), str(ROOT / "plugins" / plugin / "tests")]
    arguments += session.posargs or ["-n", "auto", "--maxprocesses=4"]
    session.log(f"pytest {' '.join(arguments)}, on {', '.join(built)} from wheels")
    session.run("python", "-c", FROM_WHEELS, ",".join(sources), *arguments, log=False)


def git(session: nox.Session, *words: str) -> str | None:
    """What git says about this checkout; ``None`` where it ends with an error."""
    from subprocess import run

    if shutil.which("git") is None:
        session.error("an older version is taken from git, and there is no git on the PATH")
    ran = run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None


def older_version(session: nox.Session) -> Path:
    """Unpack the version to compare with: what follows ``--against``, else the last tag, else the last commit."""
    if session.posargs:
        option, _, named = " ".join(session.posargs).partition(" ")
        if option != "--against" or not named:
            session.error("what follows -- should be: --against REF")
    elif tag := git(session, "describe", "--tags", "--abbrev=0"):
        named = tag
    elif git(session, "rev-parse", "--is-shallow-repository") != "false":
        session.error(
            "no full clone, so the last version can't be found: git fetch --unshallow --tags, or --against REF"
        )
    else:
        session.log("no version is released yet (there is no tag): compared with HEAD, so with what is committed")
        named = "HEAD"
    commit = git(session, "rev-parse", "--verify", "--quiet", "--end-of-options", named + "^{commit}")
    if commit is None:
        session.error(f"git knows no {named!r}; if this clone is shallow: git fetch --unshallow --tags")
    folder = Path(session.create_tmp()).resolve() / "older"
    shutil.rmtree(folder, ignore_errors=True)
    archive = folder.with_suffix(".tar")
    if git(session, "archive", f"--output={archive}", commit) is None:
        session.error(f"git can't unpack {named}")
    shutil.unpack_archive(archive, folder)
    session.log(f"compared with {named} ({commit[:10]})")
    return folder


@nox.session
def interface(session: nox.Session) -> None:
    """Compare the public interface with the last version's: what breaks must stand in a changelog fragment."""
    older = older_version(session)
    session.install(*(line for line in requirements("tests", ".") if line.startswith("griffe")))
    session.run("python", "tests/compatibility/interface.py", str(older))


def promised(session: nox.Session, core: Path, plugins: Path) -> list[str]:
    """The folders of those plugins whose own requirement admits a core; each other one is named in the log."""
    from packaging.requirements import Requirement

    version = nox.project.load_toml(core / "pyproject.toml")["project"]["version"]
    found = []
    for path in sorted(plugins.glob("plugins/*/pyproject.toml")):
        lines = nox.project.load_toml(path)["project"]["dependencies"]
        refusing = [
            line for line in lines if line.startswith("curation-core") and version not in Requirement(line).specifier
        ]
        if refusing:
            session.log(f"{path.parent.name} asks for {refusing[0]}, so nothing is promised with {version}: left out")
        else:
            found.append(str(path.parent))
    return found


@nox.session(reuse_venv=False)  # pip keeps an installed version, however old it is
@nox.parametrize("core", ["newer", "older"])
def compatibility(session: nox.Session, core: str) -> None:
    """Test the last version's plugins on this core, and this checkout's plugins on the last version's core."""
    older = older_version(session)
    core_folder, plugins = (ROOT, older) if core == "newer" else (older, ROOT)
    folders = promised(session, core_folder, plugins)
    if not folders:
        return
    editable = [word for folder in folders for word in ("-e", folder)]
    session.install("-e", f"{core_folder}[embedded]", *editable, *requirements("tests", str(plugins), *folders))
    session.chdir(older.parent)  # where neither of the two is found but by its installation
    tests = [f"{folder}/tests" for folder in folders]
    session.run("pytest", "-c", str(plugins / "pyproject.toml"), "-n", "auto", "--maxprocesses=4", *tests)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests and list the lines and branches that they did not reach."""
    install_everything(session, "tests", "coverage")
    session.run("coverage", "erase")
    session.run(
        "coverage", "run", "-m", "pytest", *session.posargs, success_codes=[0, 1]
    )  # failed tests cover lines too
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(reuse_venv=False)  # what is installed already would stay
def minimums(session: nox.Session) -> None:
    """Run the tests on the lowest version of every direct dependency."""
    session.install("uv")
    editable = [word for folder in DISTRIBUTIONS for word in ("-e", folder)]
    editable[1] = ".[embedded]"
    lowest = ["--resolution=lowest-direct", *editable, *requirements("tests", *DISTRIBUTIONS)]
    session.run("uv", "pip", "install", "--quiet", *lowest)
    session.run("pytest", *(session.posargs or ["-n", "auto", "--maxprocesses=4"]))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure claims and settles beside another queue; ``-- --json FILE`` keeps the figures."""
    session.install("-e", ".[embedded]", *requirements("bench", "."))
    session.run("python", "tests/bench/run.py", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Break what hosts stand on and count every row; ``-- --fault NAME``, ``--soak MINUTES``, ``--json FILE``."""
    session.install("-e", ".[embedded]", *requirements("bench", "."))
    session.run("python", "tests/chaos/run.py", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Take away each guard of the protocol in turn, in a copy, and see that a test fails; ``-- words`` choose some."""
    session.install("-e", ".[embedded]", *requirements("tests", "."))
    session.run("python", "tests/mutants/run.py", *session.posargs)
