"""A plugin that does everything right passes every check: with the network, and with resources in its place."""

import customers
import notes

TestNotes = notes.suite()

TestLeadsInSchemasOfTheirOwnWithoutNetwork = customers.suite()
