"""``curation status``: how many rows stand where, what is in hand, and who works."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from curation_core._cli.options import Chosen, as_json, chosen
from curation_core._cli.output import shown, write_json, write_table
from curation_core._cli.session import Loaded, TableFault, finish, load, open_store, rows_of

if TYPE_CHECKING:
    from curation_core._store import Store

EVERY = 2.0  # seconds between two looks of --watch


@click.command(
    epilog="""\b
Examples:
  curation status
  curation status --watch
  curation status --json | jq '.workflows[].roles'
"""
)
@chosen()
@as_json
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.  [default: once]")
def status(options: Chosen, *, as_json: bool, watch: bool) -> None:
    """Show each workflow's rows by status, its claims and its pause, and the processes at work."""
    finish(_status(load(options), as_json=as_json, watch=watch))


async def _status(loaded: Loaded, *, as_json: bool, watch: bool) -> None:
    import asyncio
    import json

    async with open_store(loaded.settings) as store:
        while True:
            seen = await look(store, loaded)
            if as_json and watch:
                click.echo(json.dumps(seen))
            elif as_json:
                write_json(seen)
            else:
                if watch and sys.stdout.isatty():
                    click.clear()
                _write(seen)
            if not watch:
                return
            await asyncio.sleep(EVERY)


async def look(store: Store, loaded: Loaded) -> dict[str, Any]:
    """What there is to see now: ``workflows`` and ``workers``, as JSON has them."""
    from dataclasses import asdict

    operating = store.operating
    workflows = [await _workflow(store, loaded, name) for name in loaded.host.workflows]
    return {"workflows": workflows, "workers": [asdict(worker) for worker in await operating.workers()]}


async def _workflow(store: Store, loaded: Loaded, name: str) -> dict[str, Any]:
    from dataclasses import asdict

    enabled = loaded.settings.policies[name].enabled
    try:
        rows = await rows_of(store, loaded.workflow(name))
    except TableFault as fault:
        return {"name": name, "enabled": enabled, "fault": fault.message}
    found = asdict(await store.operating.status(rows))
    counts: dict[str | None, int] = found.pop("rows")
    roles = {role.value: counts.get(str(rows.stored_word(role)), 0) for role, _ in rows.workflow.states}
    by_word = {"" if word is None else word: count for word, count in counts.items()}
    return {**found, "enabled": enabled, "roles": roles, "rows": by_word, "fault": ""}


def _write(seen: dict[str, Any]) -> None:
    write_table([_row(each) for each in seen["workflows"] if not each["fault"]])
    for each in seen["workflows"]:
        if each["fault"]:
            click.echo(f"{each['name']} can't run: {each['fault']}")
    workers = seen["workers"]
    if not workers:
        click.echo("\nNobody is at work: start a process with `curation run`.")
        return
    click.echo()
    write_table(
        [
            {
                "worker": f"{worker['host']} {worker['pid']}",
                "last_heard": f"{shown(_seconds(worker['silent']))} ago",
                "version": worker["version"],
                "workflows": ", ".join(worker["workflows"]),
            }
            for worker in workers
        ]
    )


def _row(each: dict[str, Any]) -> dict[str, Any]:
    roles = each["roles"]
    others = sum(each["rows"].values()) - sum(roles.values())
    pause = f"until {each['paused_until']}".replace("until infinity", "until resumed") if each["paused_until"] else ""
    held = [part for part in (pause, each["paused_by"], each["reason"]) if part]
    return {
        "workflow": each["name"],
        **{role: roles.get(role) for role in ("queued", "processing", "completed", "failed", "skipped")},
        "other": others,
        "running": each["live"],
        "oldest": _seconds(each["oldest"]),
        "waiting": each["waiting"],
        "next_retry": _seconds(each["next_retry"]),
        "paused": ", ".join(held) if each["enabled"] else "disabled",
    }


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=round(value))
