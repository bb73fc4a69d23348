"""A plugin that does everything right passes every check: with the network, and with resources in its place."""

import notes

import leads

TestNotes = notes.suite()

TestLeadsInSchemasOfTheirOwnWithoutNetwork = leads.suite()
