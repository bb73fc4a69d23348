"""Runs `curation` in forks of itself: what takes a second to import is imported once, and not for each command.

Each line of the standard input is a command as JSON: ``arguments``, ``folder``, ``environment``, ``output`` (a file).
Each line of the standard output is an exit code.
"""

import json
import os
import sys
import traceback
from typing import Any

import curation_core._cli.working
import curation_core._postgres
import curation_core.ledger.migrate  # noqa: F401 - imported to be there
from curation_core.__main__ import main


def become(command: dict[str, Any]) -> int:
    output = os.open(command["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(source, number)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    sys.argv = ["curation", *command["arguments"]]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001 - a command that raises ends its own process, not this one
        traceback.print_exc()
        return 70
    return 0


def run(command: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        code = become(command)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


for line in sys.stdin:
    print(run(json.loads(line)), flush=True)
