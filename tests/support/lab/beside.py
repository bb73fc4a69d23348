"""A workflow that may be as bad as it likes, beside another one that must not notice."""

from __future__ import annotations

from sqlalchemy import insert

from lab.plugins import plugin_of
from lab.tables import Contact, contacts_workflow, quick

ENDLESS = 3600  # seconds: a stand-in for for ever
ONCE = {"max_attempts": 1}


class Unreadable(Exception):
    def __str__(self):
        raise RuntimeError("not even my text can be had")


async def beside_another(lab, page_plugin, policy=None):
    """Run three pages of a plugin beside two well-behaved contacts."""
    await lab.add_pages("a", "b", "c")
    await lab.execute(insert(Contact), [{"status": "Queued"}, {"status": "Queued"}])

    async def well_behaved(item):
        return None

    plugins = {"contacts": plugin_of(contacts_workflow(), well_behaved), "pages": page_plugin}
    await lab.until_idle(plugins, policies={"pages": policy or quick(**ONCE), "contacts": quick()}, deadline=8)
    assert await lab.statuses(Contact) == {"Completed": 2}
    return [await lab.page(number) for number in (1, 2, 3)]
