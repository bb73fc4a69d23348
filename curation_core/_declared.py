"""What can be said of a plugin without a database: `curation plugin check` and the conformance suite ask it here."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from pydantic import BaseModel

from curation_core._swallowing import swallowed
from curation_core.errors import ConfigurationError
from curation_core.host import BoundWorkflow, PluginReport, core_version
from curation_core.host._metadata import CORE, installed_entries
from curation_core.settings import Configuration
from curation_core.workflow import Workflow

STRANGER = "conformance_no_such_key"
NONSENSE = '{ conformance_no_such_key = "of no type" }'
"""A value that no number, text, list or model takes."""
_SECRET = re.compile(
    r"(?:^|_)(?:secret|token|password|passwd|passphrase|api_?key|(?:access|private|secret)_key)$", re.IGNORECASE
)
_UPPER = {"<", "<=", "==", "===", "~="}


class Finding(NamedTuple):
    """Something that a plugin's author should mend, though a host takes the plugin.

    Args:
        problem: What was seen.
        remedy: What its author can do.
    """

    problem: str
    remedy: str


def core_range() -> str:
    """The versions of curation-core that a plugin made for the running one can ask for.

    From this minor version on, to before the next that may change the hooks. Empty where the core runs without being
    installed.
    """
    running = core_version()
    if running is None:
        return ""
    version = Version(running)
    lowest = version.public if version.is_prerelease else f"{version.major}.{version.minor}"  # 0.2 is after 0.2.0rc1
    below = f"{version.major + 1}" if version.major else f"0.{version.minor + 1}"
    return f">={lowest},<{below}"


def range_findings(report: PluginReport) -> Iterator[Finding]:
    """Whether the plugin's distribution says for which curation-core it was made.

    Args:
        report: The host's. One that no distribution brought need not say it.
    """
    entries = [entry for entry in installed_entries() if (entry.name, entry.value) == (report.name, report.value)]
    for entry in entries:
        if entry.distribution != report.distribution:
            continue
        asked = [line for line in map(_requirement, entry.requires) if line is not None]
        remedy = f'write "{CORE}{core_range()}" under `dependencies`: a host refuses what was made for another core'
        if not asked:
            yield Finding(f"the distribution {entry.distribution} does not ask for {CORE}", remedy)
        elif not any(one.operator in _UPPER for line in asked for one in line.specifier):
            yield Finding(
                f"the distribution {entry.distribution} takes every later {CORE}, whatever it changes", remedy
            )


def settings_findings(name: str, workflow: Workflow) -> Iterator[Finding]:
    """Whether an unknown key and a wrong value in its settings are each refused by name.

    Args:
        name: The workflow's name.
        workflow: Its declaration.
    """
    for key, line in _mistakes(workflow.settings) if workflow.settings is not None else ():
        said = _complaints(name, workflow, line)
        if key not in said:
            yield Finding(
                f"the setting `{line}` is taken without a word about {key}" if not said else f"{line}: {said}",
                "give each field of the settings a type that its values must have, and the model (and each model in "
                'it) ConfigDict(extra="forbid")',
            )


def swallowing_findings(bound: BoundWorkflow) -> Iterator[Finding]:
    """Whether a hook takes every error for a success.

    Args:
        bound: The workflow and its hooks.
    """
    for hook in ("process_item", "save_result"):
        for line in swallowed(bound.written[hook]) if hook in bound.written else ():
            yield Finding(
                f"{hook} catches every exception in line {line} and says nothing of it: the item ends as done",
                "catch what is expected, return Skip, Retry or Fail for it, and let every other exception through",
            )


def secret_findings(workflow: Workflow) -> Iterator[Finding]:
    """Whether a setting that is named like a secret is plain text, which a repr, a log and an error would show.

    Args:
        workflow: Its declaration.
    """
    for name in _plain_secrets(workflow.settings) if workflow.settings is not None else ():
        yield Finding(
            f"the setting {name} is named like a secret, and is plain text: whatever shows the settings shows it",
            "make it a pydantic SecretStr, and call get_secret_value() where it is sent",
        )


def _plain_secrets(model: type[BaseModel], place: str = "") -> Iterator[str]:
    for name, about in model.model_fields.items():
        kinds = get_args(about.annotation) or (about.annotation,)
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _plain_secrets(kind, f"{place}{name}.")
        if _SECRET.search(name) and any(kind in (str, bytes) for kind in kinds):
            yield place + name


def _requirement(line: str) -> Requirement | None:
    """A requirement of this core that always holds, if it is one."""
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return None
    ours = canonicalize_name(wanted.name) == CORE
    return wanted if ours and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})) else None


def _mistakes(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    yield STRANGER, f"{STRANGER} = 1"
    for name, about in model.model_fields.items():
        nested = isinstance(about.annotation, type) and issubclass(about.annotation, BaseModel)
        yield (STRANGER if nested else name), f"{about.alias or name} = {NONSENSE}"


def _complaints(name: str, workflow: Workflow, line: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "curation.toml"
        file.write_text(f"[workflows.{name}.settings]\n{line}\n")
        try:
            Configuration.read(file, environ={}).resolve({name: workflow})
        except ConfigurationError as error:
            return str(error).replace(str(file), "curation.toml")
    return ""
