"""I3: a settle that no longer holds its claim changes nothing: no status, no write of the plugin, no history."""

from datetime import timedelta
from uuid import uuid4

import pytest
from lab.plugins import Stage, plugin_of, save_effect
from lab.tables import Effect, Page, pages_workflow, quick
from sqlalchemy import delete, func, select, text

from curation_core import _judge
from curation_core._rescuer import Rescuer
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits
from curation_core.claims import Verdict
from curation_core.host import Observers
from curation_core.states import Transition

CHANGES = (Transition.COMPLETE, Transition.SKIP, Transition.FAIL, Transition.RETRY, Transition.RELEASE)


class Scene:
    """A claim of a frozen worker, and everything that may happen to it meanwhile."""

    def __init__(self, lab, store, rows, settling):
        self.lab, self.store, self.rows, self.settling = lab, store, rows, settling
        self.frozen, self.other = uuid4(), uuid4()

    async def claim(self, worker):
        claims = self.store.claims(self.rows, worker, Limits())
        due = await claims.due(10)
        return due or (await claims.fresh(10, Cursor())).claims

    async def rescue(self):
        workflows = {"pages": (self.rows, self.settling, quick())}
        return await Rescuer(
            self.store.upkeep(timedelta(seconds=15)), workflows, Observers({}), timedelta(days=1)
        ).sweep()

    async def settle(self, worker, claim, transition=Transition.COMPLETE, result="done"):
        saves = transition is Transition.COMPLETE
        verdict = Verdict(claim, transition, "stale", "a reason", result, saves, wait=timedelta(0))
        return await self.settling.settle(worker, [verdict])

    async def everything(self):
        """All that a settle could change."""
        lab = self.lab
        pages = await lab.all(select(Page.id, Page.status, Page.error))
        return (
            pages,
            await lab.all(select(Effect.page_id)),
            await lab.all(select(lab.ledger.attempt)),
            await lab.claims(),
        )


@pytest.fixture
async def scene(lab):
    await lab.add_pages("a")
    async with lab.settling(pages_workflow(), save=save_effect) as parts:
        yield Scene(lab, *parts)


async def rescued(scene):
    assert await scene.rescue() == 1


async def rescued_and_claimed_by_another(scene):
    await rescued(scene)
    assert await scene.claim(scene.other)


async def rescued_and_claimed_by_itself(scene):
    """Its worker was silent, but lives: it may claim the same row again while the old attempt runs on."""
    await rescued(scene)
    assert await scene.claim(scene.frozen)


async def rescued_claimed_and_settled_by_another(scene):
    await rescued(scene)
    [claim] = await scene.claim(scene.other)
    assert (await scene.settle(scene.other, claim)).settled


async def settled_by_itself_before(scene):
    """A commit whose answer was lost: the settle is tried again."""
    assert (await scene.settle(scene.frozen, scene.stale)).settled


async def emptied_claims(scene):
    await scene.lab.execute(text("truncate curation.claim"))


async def emptied_claims_and_processing_by_another(scene):
    await emptied_claims(scene)
    await scene.lab.set_page(1, status="Queued")
    assert await scene.claim(scene.other)


@pytest.mark.parametrize("transition", CHANGES, ids=lambda transition: transition.name.lower())
@pytest.mark.parametrize(
    "meanwhile",
    [
        rescued,
        rescued_and_claimed_by_another,
        rescued_and_claimed_by_itself,
        rescued_claimed_and_settled_by_another,
        settled_by_itself_before,
        emptied_claims,
        emptied_claims_and_processing_by_another,
    ],
)
async def test_a_settle_that_lost_its_claim_changes_nothing(scene, meanwhile, transition):
    [scene.stale] = await scene.claim(scene.frozen)
    await meanwhile(scene)
    before = await scene.everything()
    settlement = await scene.settle(scene.frozen, scene.stale, transition, result="stale")
    assert [verdict.claim for verdict in settlement.lost] == [scene.stale]
    assert not settlement.settled
    assert not settlement.overruled
    assert await scene.everything() == before


async def test_a_stale_verdict_in_one_group_with_the_valid_one_of_the_same_row_changes_nothing(scene):
    """Rescued, and claimed again by the same worker: both attempts may end between two settles."""
    [stale] = await scene.claim(scene.frozen)
    await rescued(scene)
    [valid] = await scene.claim(scene.frozen)
    verdicts = [Verdict(claim, Transition.COMPLETE, "done", result=word, saves=True) for claim, word in
                ((stale, "stale"), (valid, "valid"))]  # fmt: skip
    settlement = await scene.settling.settle(scene.frozen, verdicts)
    assert [verdict.claim for verdict in settlement.settled] == [valid]
    assert [verdict.claim for verdict in settlement.lost] == [stale]
    assert await scene.lab.all(select(Effect.page_id, Effect.result)) == [(1, "valid")]
    assert await scene.lab.outcomes("[1]") == ["lost", "done"]


async def test_a_claim_of_another_worker_is_not_settled_even_with_its_token(scene):
    [claim] = await scene.claim(scene.frozen)
    before = await scene.everything()
    settlement = await scene.settle(scene.other, claim)
    assert [verdict.claim for verdict in settlement.lost] == [claim]
    assert await scene.everything() == before


async def test_a_release_that_lost_its_claim_gives_nothing_back(scene):
    [claim] = await scene.claim(scene.frozen)
    await rescued_and_claimed_by_another(scene)
    before = await scene.everything()
    settlement = await scene.settling.settle(scene.frozen, [_judge.release(claim, "the host stopped")])
    assert [verdict.claim for verdict in settlement.lost] == [claim]
    assert await scene.everything() == before


async def test_results_that_come_after_the_claims_were_truncated_are_dropped_and_their_rows_wait_again(lab):
    """The whole engine, and not the statement alone. I4 as well: nothing is left of which a rescue could learn."""
    await lab.add_pages("a")
    stage = Stage()
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        await lab.execute(delete(lab.ledger.claim))
        stage.release("[1]", "too late")
        await lab.eventually(lambda: engine.counts["pages"].get("lost"))
        again = await stage.arrival("[1]")
        assert again.number == 1
    assert (await lab.page(1)).status == "Queued"
    assert await lab.scalar(select(func.count()).select_from(Effect)) == 0
    assert await lab.outcomes() == ["orphaned", "released"]
