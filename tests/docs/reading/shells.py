"""What runs a page's commands."""

import json
import subprocess
import sys
from pathlib import Path

END = "\x04"


class Warm:
    """The process of `warm.py`, which runs commands of `curation` quickly."""

    def __init__(self) -> None:
        script = str(Path(__file__).with_name("warm.py"))
        self._process = subprocess.Popen(
            [sys.executable, script], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __call__(self, arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
        output = folder / ".output"
        command = {"arguments": arguments, "folder": str(folder), "environment": environment, "output": str(output)}
        print(json.dumps(command), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline()), output.read_text()

    def stop(self) -> None:
        self._process.communicate()


class Shell:
    """One bash for all commands of a page that are more than a command of `curation`."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __call__(self, command: str, code_before: int) -> tuple[int, str]:
        """Run a command for which ``$?`` is the exit code of the one before, whoever ran that."""
        print(f"(exit {code_before})\n{command}\nprintf '{END}%s\\n' $?", file=self._process.stdin, flush=True)
        said = ""
        for line in self._process.stdout:
            text, end, code = line.partition(END)
            said += text
            if end:
                return int(code), said
        raise RuntimeError(f"the shell ended at {command!r}: {said}")

    def stop(self) -> None:
        self._process.communicate()
