"""A plugin that does everything right passes every check: with the network, and with resources in its place."""

from uuid import uuid4

import customers
import notes

TestNotes = notes.suite()


async def does_what_wrong_ones_nearly_do(item, attempt, resources):
    await resources.fetch("/token", "Idempotency-Key: of-the-host", f"X-Request-Id: {uuid4()}")
    price = f"/price{item.path}"
    await resources.fetch(price, f"Idempotency-Key: {attempt.idempotency_key}:price")
    return await resources.fetch(item.path, f"Idempotency-Key: {attempt.idempotency_key}")


TestNearlyWrong = notes.suite(process_item=does_what_wrong_ones_nearly_do)

TestLeadsInSchemasOfTheirOwnWithoutNetwork = customers.suite()
