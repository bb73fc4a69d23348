"""A plugin that does everything right passes every check: with the network, and with resources in its place."""

from notes import suite

TestNotes = suite()


class Told:
    async def fetch(self, path):
        return f"told {path}"


TestNotesWithoutNetwork = suite(resources=Told, errors={ConnectionError("gone"): __import__("curation_core").Retry})
