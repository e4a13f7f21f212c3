"""A worker played by hand: it registers, claims and settles by the same plans as a real one, and runs nothing."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
from attrs import evolve, field, frozen

from horsies_core.endings import Endings, Release, Retry, Settlement
from horsies_core.identifiers import new_token
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.leasing import WorkerIdentity, register
from horsies_core.plans.turning import Claim, Claimed, turn
from tests.support.shop import Shop


@frozen
class Taken:
    """What a claim got, and the token it got it under."""

    tasks: Sequence[Claimed]
    token: UUID
    next_due_seconds: float | None

    @property
    def ids(self) -> list[UUID]:
        """The ids in the order in which they are to be run."""
        return [task.id for task in self.tasks]


@frozen
class StandIn:
    """A registered worker without processes."""

    shop: Shop
    incarnation: UUID = field(factory=new_token)

    @classmethod
    def arrive(cls, shop: Shop, *, lease_seconds: float = 600) -> StandIn:
        """Register a new one. A negative lease has run out already."""
        worker = cls(shop)
        shop.run(register(WorkerIdentity(worker.incarnation, "testhost", 1, 1), lease_seconds=lease_seconds))
        return worker

    def claim(
        self, limit: int = 100, *, names: Sequence[str] = ("greet",), queues: Sequence[str] = ("default",)
    ) -> Taken:
        """Claim up to `limit` tasks, and start them."""
        token = new_token()
        claim = Claim(token, self.incarnation, queues, names, limit)
        (reply,) = self.shop.run(turn(Endings(), [claim], schema=self.shop.schema)).claimed
        return Taken(reply.tasks, token, reply.next_due_seconds)

    def claim_one(self) -> tuple[UUID, UUID]:
        """Claim one task; its id and its token."""
        taken = self.claim(1)
        assert len(taken.ids) == 1
        return taken.ids[0], taken.token

    def end(self, endings: Endings) -> frozenset[UUID]:
        """Bring endings home; the ids of those that took hold."""
        return self.shop.run(turn(endings, [], schema=self.shop.schema)).ended

    def complete(self, task_id: UUID, token: UUID, result: str = '{"ok": 1}') -> bool:
        """Whether the task ended with this result."""
        return task_id in self.end(Endings([Settlement(task_id, token, TaskStatus.COMPLETED, None, result)]))

    def fail(self, task_id: UUID, token: UUID, code: str = "BAD", result: str = '{"err": 1}') -> bool:
        """Whether the task ended with this error."""
        return task_id in self.end(Endings([Settlement(task_id, token, TaskStatus.FAILED, code, result)]))

    def retry(self, task_id: UUID, token: UUID, *, delay: float = 0.0, code: str = "TIMEOUT") -> bool:
        """Whether the task was given another attempt."""
        return task_id in self.end(Endings(retries=[Retry(task_id, token, delay, code, "it took too long", "{}")]))

    def release(self, task_id: UUID, token: UUID) -> bool:
        """Whether the task was put back."""
        return task_id in self.end(Endings(releases=[Release(task_id, token)]))

    @contextmanager
    def elsewhere(self) -> Generator[StandIn]:
        """The same worker on a connection of its own, on which waiting for a lock is an error."""
        with psycopg.connect(self.shop.url, autocommit=True) as connection:
            connection.execute("set lock_timeout = '5s'")
            yield evolve(self, shop=evolve(self.shop, connection=connection))
