"""The turn loop: settle what ended, claim what there is room for, in one commit; again as long as there is either."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg

from horsies_core.endings import Endings
from horsies_core.identifiers import new_token
from horsies_core.plans.cancelling import cancel_requests
from horsies_core.plans.turning import CANCELLED, Claim, Turn, held, settled_by, turn
from horsies_worker.claiming.appetite import Appetite, HintsHeard
from horsies_worker.execution.pool import ChildPool, Demand
from horsies_worker.incarnation import Incarnation
from horsies_worker.link import Link, LinkLost
from horsies_worker.settling.outbox import Outbox
from horsies_worker.settling.unsettleable import settle_one_by_one

log = logging.getLogger("horsies.worker")

_AFTER_REFUSAL_SECONDS = 1.0

_LEARN_DUE_SECONDS = 0.01
"""When all is quiet for this long, one more claim asks for the next due time; not while a result is on its way."""


class TurnLoop:
    """Takes turns on the work connection. `wake` tells it that something ended or that there is room."""

    def __init__(
        self,
        link: Link,
        pool: ChildPool,
        outbox: Outbox,
        incarnation: Incarnation,
        *,
        schema: str,
        queues: Sequence[str],
        poll_seconds: float,
        expires: Callable[[], None],
    ) -> None:
        self._link = link
        self._pool = pool
        self._outbox = outbox
        self._incarnation = incarnation
        self._schema = schema
        self._queues = queues
        self._appetite = Appetite(poll_seconds)
        self._expires = expires
        self._cancel_hints = 0
        self._awake = asyncio.Event()
        self._reply_was_lost = False
        self._finishing = False

    def wake(self) -> None:
        """Something ended, or there is room."""
        self._awake.set()

    def hint(self, payload: str) -> None:
        """A notification, or a reason to think that one was missed. An unknown payload may mean anything."""
        if payload == "cancel":
            self._cancel_hints += 1
        elif payload == "later":
            self._later()
        else:
            self._appetite.hint()
            if payload == "expires":
                self._expires()
        self._awake.set()

    def _later(self) -> None:
        """A task was put off: it may be the next to become due, or to expire."""
        self._appetite.hint_later()
        self._expires()

    async def run(self) -> None:
        """Take turns until `finish`, and until everything that ended by then is settled."""
        while not self._finishing or self._outbox or self._reply_was_lost:
            try:
                await self._step()
            except LinkLost as lost:
                log.warning("work connection lost: %s", lost)
                self._reply_was_lost = True
                await self._link.reopen()
                # A request to cancel may have gone by unheard.
                self._cancel_hints += 1
            except psycopg.Error as refusal:
                log.warning("the database refused a turn: %s", refusal)
                # What it refuses for a while (it is read-only, its disk is full) or for good (a missing privilege) must
                # not be asked a thousand times a second.
                await asyncio.sleep(_AFTER_REFUSAL_SECONDS)

    def finish(self) -> None:
        """Claim nothing more, and return from `run` when all is settled."""
        self._finishing = True
        self._awake.set()

    async def _step(self) -> None:
        self._awake.clear()
        if self._reply_was_lost:
            await self._look_for_unknown_claims()
        if self._cancel_hints:
            await self._look_for_cancel_requests()
        demands = self._demands()
        if self._outbox or demands:
            await self._take_turn(demands)
        elif not self._finishing:
            await self._sleep()

    def _demands(self) -> list[Demand]:
        # A claim costs little in a turn that goes anyway, and saves the next one.
        if self._finishing:
            return []
        return [demand for demand in self._pool.demands() if self._appetite.is_hungry(is_async=demand.is_async)]

    async def _sleep(self) -> None:
        seconds = self._appetite.seconds_to_sleep(time.monotonic())
        if not self._appetite.knows_next_due:
            seconds = min(seconds, _LEARN_DUE_SECONDS) or _LEARN_DUE_SECONDS
        try:
            await asyncio.wait_for(self._awake.wait(), seconds)
        except asyncio.TimeoutError:
            self._appetite.hint()
            if not self._pool.demands():
                # No room: whoever makes some wakes us.
                await self._awake.wait()

    async def _take_turn(self, demands: Sequence[Demand]) -> None:
        endings = self._outbox.take()
        claims = [self._claim(demand) for demand in demands]
        heard = self._appetite.before_claim()
        try:
            result = await self._link.run(turn(endings, claims, schema=self._schema))
        except psycopg.DataError as refusal:
            log.warning("the database refused a value, settling one by one: %s", refusal)
            await settle_one_by_one(self._link, endings, self._outbox, schema=self._schema)
            return
        except (LinkLost, psycopg.Error):
            self._outbox.put_back(endings)
            raise
        self._accept(claims, demands, result, heard)
        if endings:
            await self._check_ended(endings, result.ended)

    def _claim(self, demand: Demand) -> Claim:
        return Claim(new_token(), self._incarnation.id, self._queues, demand.names, demand.limit)

    def _accept(self, claims: Sequence[Claim], demands: Sequence[Demand], result: Turn, heard: HintsHeard) -> None:
        for claim, demand, reply in zip(claims, demands, result.claimed, strict=True):
            if len(reply.tasks) < claim.limit:
                self._appetite.exhausted(heard, is_async=demand.is_async)
            if reply.tasks:
                self._pool.accept(reply.tasks, claim.token, is_async=demand.is_async)
            else:
                self._appetite.nothing_until(heard, time.monotonic(), reply.next_due_seconds)

    async def _check_ended(self, endings: Endings, ended: frozenset[UUID]) -> None:
        """Zero rows is an ordinary outcome with a name: the claim was lost, unless an earlier turn whose reply was
        lost has settled it already, or a retry or release found that the task is to be cancelled.
        """
        if endings.retries:
            self._later()
        missing = endings.tokens().keys() - ended
        if not missing:
            return
        left = endings.only(missing)
        try:
            missing -= await self._link.run(settled_by(left.tokens()))
            put_back = Endings(retries=left.retries, releases=left.releases)
            if put_back:
                missing -= (await self._link.run(turn(put_back.cancelled(CANCELLED), [], schema=self._schema))).ended
        except (LinkLost, psycopg.Error):
            self._outbox.put_back(left)
            raise
        for task_id in missing:
            log.warning("task %s: LostClaim: another worker took it over; our result changed nothing", task_id)

    async def _look_for_cancel_requests(self) -> None:
        heard = self._cancel_hints
        for task_id, by_force in (await self._link.run(cancel_requests(self._incarnation.id))).items():
            self._pool.cancel(task_id, by_force=by_force)
        self._cancel_hints -= heard

    async def _look_for_unknown_claims(self) -> None:
        """A turn whose reply was lost may have claimed: rows in our name that nobody here holds were never run."""
        in_database = await self._link.run(held(self._incarnation.id))
        known = {**self._pool.tokens(), **self._outbox.tokens()}
        unknown = {task_id: token for task_id, token in in_database.items() if known.get(task_id) != token}
        if unknown:
            log.warning("%d tasks were claimed by a turn whose reply was lost; releasing them", len(unknown))
            self._outbox.disowned(unknown)
        self._reply_was_lost = False
        self._appetite.hint()
