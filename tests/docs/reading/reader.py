"""Somebody who does what a page says."""

import asyncio
import configparser
import doctest
import re
import shlex
import shutil
import signal
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import make_url

from curation_core import Policy
from curation_core._cli import curation
from curation_core.settings import Configuration
from reading.parts import Part, commands, parts, same
from reading.shells import Shell, Warm

ROOT = Path(__file__).resolve().parents[3]
PAUSE = 0.05
NOT_RUN = {"text", "mermaid"}
PLAIN = re.compile(r"curation( [^|&;<>$`*?(){}]+)?")
SESSION = re.compile(r"^@nox\.session.*\n(?:@.*\n)*def (\w+)", re.MULTILINE)


class AnySettings(BaseModel):
    model_config = ConfigDict(extra="allow")


TABLES = {("table",): {"url": None, "title": None}, ("tables", "contacts"): {"email": None}}
"""What a page may name of a plugin's tables."""
ANY_WORKFLOW = SimpleNamespace(defaults=Policy(), settings=AnySettings, tables=TABLES)


@dataclass
class Reader:
    """Does what a page says, block by block. ``code`` is the exit code of the last command."""

    folder: Path
    environment: dict[str, str]
    warm: Warm
    request: pytest.FixtureRequest
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "page"})
    code: int = 0
    at: str = ""
    shell: Shell | None = None
    last: list[str] = field(default_factory=list)
    owner: str = ""

    def follow(self, page: Path) -> None:
        try:
            for part in parts(page):
                self.at = f"{page.relative_to(ROOT)}:{part.line + 1}"
                if part.language.startswith("<"):
                    self.obey(part.language.strip("<>"), part.text)
                else:
                    self.do(part)
            assert self.code == 0, f"{self.at}: the page ends with exit code {self.code}"
        finally:
            if self.shell:
                self.shell.stop()
            for statement in self.last:
                asyncio.run(self.sql(self.owner, statement))

    def obey(self, word: str, rest: str) -> None:
        match word:
            case "database":  # a fixture's name without _url
                self.owner = self.environment["CURATION_DATABASE_URL"] = self.request.getfixturevalue(f"{rest}_url")
            case "user":  # of that database, from here on
                self.environment["CURATION_DATABASE_URL"] = self.address(username=rest)
            case "files":  # of this folder of the repository
                for path in sorted((ROOT / rest).glob("*.py")):
                    shutil.copy(path, self.folder)
            case "plugins":  # all others that are installed are not seen
                self.environment["CURATION_PLUGINS"] = rest
            case "set":
                self.environment |= [rest.split("=", 1)]
            case "run":
                self.command(rest, [])
            case "finally":  # a statement
                self.last.append(rest)
            case _:
                pytest.fail(f"{self.at}: nobody knows the comment {word!r}")

    def do(self, part: Part) -> None:
        if part.file:
            (self.folder / part.file).write_text(part.text)
        match part.language:
            case "console":
                assert part.text.startswith("$ "), f"{self.at}: a console block begins with a command"
                for command, shown in commands(part.text):
                    self.command(command, shown)
            case "python":
                code = compile("\n" * (part.line + 1) + part.text, part.file or self.at.rpartition(":")[0], "exec")
                if not part.file:
                    exec(code, self.names)  # noqa: S102 - the page is what is tested
            case "pycon":
                self.session(part)
            case "toml":
                self.toml(part.text)
            case "sql":
                asyncio.run(self.sql(self.address(), part.text))
            case "ini":
                self.unit(part.text)
            case language:
                assert language in NOT_RUN, f"{self.at}: nobody knows how to run {language!r}"

    # -- commands ---------------------------------------------------------------------------------------------------

    def command(self, command: str, shown: list[str]) -> None:
        assert not self.code or "$?" in command, (
            f"{self.at}: exit code {self.code} before {command!r}, and no word of it"
        )
        if self.is_only_checked(command):
            return
        if shown[-1:] == ["^C"]:
            said = asyncio.run(self.interrupted(shlex.split(command, comments=True)))
            shown.pop()
        elif PLAIN.fullmatch(command):
            words = shlex.split(command, comments=True)
            self.code, said = self.warm(words[1:], self.folder, self.environment)
        else:
            self.shell = self.shell or Shell(self.folder, self.environment)
            self.code, said = self.shell(command, self.code)
        print(f"{self.at}: {command} [{self.code}]\n{said}")
        if shown and not same(shown, said):
            pytest.fail("\n".join([f"{self.at}: {command} says\n{said}\nand the page shows", *shown]))

    async def interrupted(self, words: list[str]) -> str:
        """A host that runs until Ctrl-C: it is pressed when the host is at work."""
        process = await asyncio.create_subprocess_exec(
            *words, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        async with asyncio.timeout(60):
            while '"pid"' not in self.warm(["status", "--json"], self.folder, self.environment)[1]:
                await asyncio.sleep(PAUSE)
            process.send_signal(signal.SIGINT)
            said, _ = await process.communicate()
        assert process.returncode == 128 + signal.SIGINT, f"{self.at}: {process.returncode}: {said.decode()}"
        return said.decode()

    def is_only_checked(self, command: str) -> bool:
        """What would take the network, or for ever: it is made sure that it would be right."""
        match shlex.split(command, comments=True):
            case ["pip", "install", "--editable", ".", "--group", group]:
                assert group in self.made()["dependency-groups"], f"{self.at}: {command}"
            case ["pip", "install", name] if any(self.folder.glob(f"{name}/pyproject.toml")):
                assert self.made()["project"]["name"] == name, f"{self.at}: {command}"
            case ["pip", "install", *what]:
                assert all(map(can_be_installed, what)), f"{self.at}: {command}"
            case ["python", "-m", "build" | "twine", *_]:
                assert self.made()["build-system"], f"{self.at}: {command}"
            case ["python3", "noxfile.py", *sessions]:
                assert set(sessions) <= set(SESSION.findall((ROOT / "noxfile.py").read_text())), f"{self.at}: {command}"
            case ["export", setting] if setting.startswith("CURATION_DATABASE_URL="):
                Configuration.read(environ=dict([setting.split("=", 1)])).resolve_general()
            case _:
                return False
        return True

    def made(self) -> dict[str, Any]:
        """The ``pyproject.toml`` of the one distribution that the page has made."""
        (path,) = self.folder.glob("*/pyproject.toml")
        return tomllib.loads(path.read_text())

    # -- the other languages ----------------------------------------------------------------------------------------

    def session(self, part: Part) -> None:
        test = doctest.DocTestParser().get_doctest(part.text, self.names, self.at, None, part.line)
        said: list[str] = []
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append, clear_globs=False)
        self.names.update(test.globs)
        assert result.failed == 0, "".join(said)

    def toml(self, text: str) -> None:
        table = tomllib.loads(text)
        path = self.folder / "checked" / ("pyproject.toml" if {"project", "tool"} & set(table) else "curation.toml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        Configuration.read(path, environ={}).resolve(dict.fromkeys(table.get("workflows", {}), ANY_WORKFLOW), needed=())

    def unit(self, text: str) -> None:
        """A systemd unit: is its command one of `curation`?"""
        unit = configparser.ConfigParser(interpolation=None, strict=False)
        unit.read_string(text)
        program, name, *arguments = shlex.split(unit["Service"]["ExecStart"])
        assert Path(program).name == "curation"
        curation.commands[name].make_context(name, arguments)

    async def sql(self, url: str, text: str) -> None:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            if text.startswith("SELECT"):
                shown = [line.removeprefix("--") for line in text.splitlines() if line.startswith("--")]
                found = [[str(value or "") for value in row] for row in await connection.fetch(text)]
                assert found == [[value.strip() for value in line.split("|")] for line in shown], self.at
            else:
                await connection.execute(text)
        finally:
            await connection.close()

    def address(self, **changes: Any) -> str:
        url = make_url(self.environment["CURATION_DATABASE_URL"]).set(**changes)
        return url.render_as_string(hide_password=False)


def can_be_installed(word: str) -> bool:
    name, _, extra = word.removesuffix("]").partition("[")
    folder = ROOT if name in {"curation-core", "."} else ROOT / "plugins" / name
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return not extra or extra in project["optional-dependencies"]
