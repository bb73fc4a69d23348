"""The command `curation` as an operator starts it: in a process and a folder of its own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


async def run_command(folder: Path, database: str, *arguments: str, configuration: str = "") -> tuple[int, str]:
    """Run the command to its end.

    Args:
        folder: Where it runs, and where its ``curation.toml`` stands.
        database: The URL of its database.
        *arguments: What else it is told: ``"run", "--until-idle"``.
        configuration: What its ``curation.toml`` says.

    Returns:
        Its exit code, and all that it said.
    """
    (folder / "curation.toml").write_text(configuration)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "curation_core", *arguments, "--database", database),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return await process.wait(), said.decode()
